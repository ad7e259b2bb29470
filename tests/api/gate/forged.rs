//! Access tokens that nobody issued, or not for this: every one is refused with the same bytes. Most are signed with the
//! installation's own key, so that it is not the signature that saves us.

use std::time::Duration;

use serde_json::{Value, json};
use threekeys::platform::clock::{hours, minutes};
use threekeys::platform::keys::Keys;

use super::smith::{Smith, b64, claims, symmetric, with, without};
use crate::support::{App, Person};

type Tokens = Vec<(String, String)>;

/// Headers that are not an access token's.
fn headers(smith: &Smith, claims: &Value) -> Tokens {
    let header = smith.header();
    let attacker = Smith::stranger();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": b64(attacker.public()), "kid": "stranger"});
    let mut tokens: Tokens = Vec::new();
    for (what, header) in [
        ("alg none", with(&header, json!({"alg": "none"}))),
        ("alg NONE", with(&header, json!({"alg": "NONE"}))),
        ("alg empty", with(&header, json!({"alg": ""}))),
        ("alg null", with(&header, json!({"alg": null}))),
        ("alg missing", without(&header, "alg")),
        ("alg in a list", with(&header, json!({"alg": ["EdDSA"]}))),
        ("alg in small letters", with(&header, json!({"alg": "eddsa"}))),
        ("alg HS256", with(&header, json!({"alg": "HS256"}))),
        ("alg HS512", with(&header, json!({"alg": "HS512"}))),
        ("alg RS256", with(&header, json!({"alg": "RS256"}))),
        ("alg PS256", with(&header, json!({"alg": "PS256"}))),
        ("alg ES256", with(&header, json!({"alg": "ES256"}))),
        ("alg unknown", with(&header, json!({"alg": "EdDSA2"}))),
        ("typ missing", without(&header, "typ")),
        ("typ JWT", with(&header, json!({"typ": "JWT"}))),
        ("typ of an id token", with(&header, json!({"typ": "id+jwt"}))),
        ("typ of a refresh token", with(&header, json!({"typ": "rt+jwt"}))),
        ("typ of a proof", with(&header, json!({"typ": "dpop+jwt"}))),
        ("typ null", with(&header, json!({"typ": null}))),
        ("typ a number", with(&header, json!({"typ": 1}))),
        ("kid missing", without(&header, "kid")),
        ("kid null", with(&header, json!({"kid": null}))),
        ("kid unknown", with(&header, json!({"kid": "AAAA"}))),
        ("kid empty", with(&header, json!({"kid": ""}))),
        ("kid a path", with(&header, json!({"kid": "../../../../dev/null"}))),
        ("kid of the file", with(&header, json!({"kid": "signing-keys.json"}))),
        ("kid SQL", with(&header, json!({"kid": "x' UNION SELECT 'key"}))),
        ("kid with NUL", with(&header, json!({"kid": format!("{}\0", smith.kid)}))),
        ("kid with a space", with(&header, json!({"kid": format!("{} ", smith.kid)}))),
        ("kid a number", with(&header, json!({"kid": 0}))),
        ("kid a list", with(&header, json!({"kid": [smith.kid]}))),
        ("kid an address", with(&header, json!({"kid": "https://evil.example/key"}))),
        ("jku", with(&header, json!({"jku": "https://evil.example/jwks.json"}))),
        ("jku of our own", with(&header, json!({"jku": "https://threekeys.example/.well-known/jwks.json"}))),
        ("jwk", with(&header, json!({"jwk": jwk}))),
        ("x5u", with(&header, json!({"x5u": "https://evil.example/c.pem"}))),
        ("x5c", with(&header, json!({"x5c": ["AAAA"]}))),
        ("crit", with(&header, json!({"crit": ["exp"]}))),
        ("crit of what it has", with(&header, json!({"crit": ["b64"], "b64": false}))),
        ("crit empty", with(&header, json!({"crit": []}))),
    ] {
        tokens.push((what.into(), smith.token(&header, claims)));
    }
    let kid = &smith.kid;
    for (what, text) in [
        ("kid twice", format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"x","kid":"{kid}"}}"#)),
        ("alg twice", format!(r#"{{"typ":"at+jwt","alg":"none","alg":"EdDSA","kid":"{kid}"}}"#)),
        ("typ twice", format!(r#"{{"typ":"JWT","typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#)),
        ("header a list", format!(r#"["at+jwt","EdDSA","{kid}"]"#)),
        ("header empty", String::new()),
        ("header with a comma too many", format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}",}}"#)),
        ("header followed by more", format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}{{}}"#)),
    ] {
        tokens.push((what.into(), smith.text(&text, &claims.to_string())));
    }
    // The public key as the secret of a symmetric signature, in every form in which somebody may have it.
    let spki = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(), &smith.public()].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", b64(&spki));
    let secrets = [smith.public(), b64(smith.public()).into_bytes(), spki, pem.into_bytes(), Vec::new()];
    for (n, secret) in secrets.into_iter().enumerate() {
        for algorithm in ["HS256", "HS384", "HS512"] {
            tokens.push((
                format!("{algorithm} with the public key, form {n}"),
                symmetric(algorithm, kid, claims, &secret),
            ));
        }
    }
    tokens.push(("a key brought along".into(), attacker.token(&with(&attacker.header(), json!({"jwk": jwk})), claims)));
    tokens.push(("a stranger's key under our kid".into(), attacker.token(&header, claims)));
    tokens.push(("a stranger's key".into(), attacker.token(&attacker.header(), claims)));
    tokens
}

/// Claims that are not an access token's, or not for now, or not for here.
fn contents(smith: &Smith, claims: &Value) -> Tokens {
    let now = claims["iat"].as_i64().unwrap();
    let mut tokens: Tokens = Vec::new();
    for (claim, values) in [
        (
            "iss",
            json!([
                "",
                "https://evil.example",
                "https://threekeys.example/",
                "HTTPS://THREEKEYS.EXAMPLE",
                ["https://threekeys.example"],
                null,
                1,
                {}
            ]),
        ),
        ("aud", json!(["", "another-api", "threekeys-api ", ["another-api"], [], null, 1, {"threekeys-api": 1}])),
        ("sub", json!(["", "someone", "00000000-0000-0000-0000-000000000000", [claims["sub"]], null, 1, true])),
        ("sid", json!(["", "x", "00000000-0000-0000-0000-000000000000", [claims["sid"]], null, 7])),
        (
            "exp",
            json!([
                now.to_string(),
                (now + 600).to_string(),
                now as f64 + 600.5,
                1e300,
                18_446_744_073_709_551_615_u64,
                -1,
                0,
                now - 5,
                now - 6000,
                i64::MIN,
                null,
                true,
                [now + 600],
                {},
                "",
                "never"
            ]),
        ),
        (
            "nbf",
            json!([
                now.to_string(),
                "0",
                now as f64 + 0.5,
                1e300,
                18_446_744_073_709_551_615_u64,
                now + 6,
                now + 86_400,
                i64::MAX,
                null,
                false,
                [now],
                {}
            ]),
        ),
        ("iat", json!([now.to_string(), now as f64 + 0.5, now + 6, now + 86_400, i64::MAX, null, [now]])),
        ("jti", json!(["", "x", null, 1])),
        ("amr", json!(["pwd", null, [1], {}])),
        ("auth_time", json!([now.to_string(), null, now as f64 + 0.5])),
        ("client_id", json!([null, 1])),
        ("acr", json!([null, 2])),
    ] {
        for value in values.as_array().unwrap() {
            tokens
                .push((format!("{claim} {value}"), smith.token(&smith.header(), &with(claims, json!({claim: value})))));
        }
        tokens.push((format!("{claim} missing"), smith.token(&smith.header(), &without(claims, claim))));
        // Which of two counts is for nobody to choose.
        let text = claims.to_string();
        for twice in [
            text.replacen('{', &format!("{{\"{claim}\":{},", claims[claim]), 1),
            format!("{},\"{claim}\":{}}}", text.strip_suffix('}').unwrap(), claims[claim]),
        ] {
            tokens.push((format!("{claim} twice"), smith.text(&smith.header().to_string(), &twice)));
        }
    }
    tokens.push((
        "over before it began".into(),
        smith.token(&smith.header(), &with(claims, json!({"nbf": now + 4, "exp": now + 3}))),
    ));
    for text in ["", "[]", "null", "\"x\"", "{}", "{"] {
        tokens.push((format!("claims {text:?}"), smith.text(&smith.header().to_string(), text)));
    }
    tokens
}

/// A good token, changed on its way.
fn damaged(smith: &Smith, claims: &Value, good: &str) -> Tokens {
    let [header, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let standard = |part: &str| part.replace('-', "+").replace('_', "/");
    let json = json!({"protected": header, "payload": body, "signature": signature});
    let nested = smith.text(&with(&smith.header(), json!({"cty": "JWT"})).to_string(), good);
    let other = smith.token(&smith.header(), &with(claims, json!({"jti": uuid::Uuid::now_v7()})));
    let foreign = other.rsplit('.').next().unwrap();
    let zero = b64([0; 64]);
    let mut tokens: Tokens = vec![
        ("nothing".into(), String::new()),
        ("words".into(), "not-a-token".into()),
        ("dots".into(), "..".into()),
        ("two parts".into(), format!("{header}.{body}")),
        ("four parts".into(), format!("{good}.{signature}")),
        ("five parts".into(), format!("{good}.{body}.{signature}")),
        ("no header".into(), format!(".{body}.{signature}")),
        ("no claims".into(), format!("{header}..{signature}")),
        ("no signature".into(), format!("{header}.{body}.")),
        ("another token's signature".into(), format!("{header}.{body}.{foreign}")),
        ("signature of zeros".into(), format!("{header}.{body}.{zero}")),
        ("signature twice".into(), format!("{good}{signature}")),
        ("padded".into(), format!("{good}==")),
        ("padded header".into(), format!("{header}=.{body}.{signature}")),
        ("two in one".into(), format!("{good},{good}")),
        ("two with a space".into(), format!("{good} {good}")),
        ("inner space".into(), good.replacen('.', ". ", 1)),
        ("inner tab".into(), good.replacen('.', ".\t", 1)),
        ("quoted".into(), format!("\"{good}\"")),
        ("encoded twice".into(), b64(good)),
        ("percent-encoded".into(), good.replace('.', "%2E")),
        ("in capitals".into(), good.to_uppercase()),
        ("as JSON".into(), json.to_string()),
        ("as JSON, encoded".into(), b64(json.to_string())),
        ("nested".into(), nested),
        ("long".into(), "a".repeat(5000)),
        ("long header".into(), smith.token(&with(&smith.header(), json!({"cty": "x".repeat(4000)})), claims)),
    ];
    for (what, changed) in [
        ("header", format!("{}.{body}.{signature}", standard(header))),
        ("signature", format!("{header}.{body}.{}", standard(signature))),
    ] {
        if changed != good {
            tokens.push((format!("{what} in the other alphabet"), changed));
        }
    }
    // Unused bits of the last character make another text of the same signature.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = good.chars().last().unwrap();
    for other in alphabet.chars().filter(|c| *c != last) {
        tokens.push((format!("ends with {other}"), format!("{}{other}", &good[..good.len() - 1])));
    }
    for cut in [1, 2, 10, 43, 85] {
        tokens.push((format!("{cut} characters short"), good[..good.len() - cut].into()));
    }
    // S + L is the same signature to whoever does not look (RFC 8032 5.1.7).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut malleable = smith.signature(&format!("{header}.{body}"));
    let mut carry = 0_u16;
    for (byte, order) in malleable[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    tokens.push(("S + L".into(), format!("{header}.{body}.{}", b64(malleable))));
    tokens
}

/// What refuses a token must not tell why.
#[track_caller]
fn same(answer: &crate::support::Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {:#}", answer.body);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"threekeys\""), "{what}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    assert_eq!(
        body,
        json!({
            "type": "https://threekeys.example/docs/problems/unauthenticated", "title": "Sign in first", "status": 401,
            "code": "unauthenticated", "detail": "This needs a valid access token in the Authorization header.",
            "instance": "/api/v1/account"
        }),
        "{what}"
    );
}

async fn refused(app: &App, what: &str, token: &str) {
    let answer = app.get("/account").header("authorization", format!("Bearer {token}")).unchecked().send().await;
    same(&answer, what);
}

async fn tokens_of_every_wrong_shape_get_the_same_refusal(app: App) {
    let ann = app.citizen().await;
    let (smith, right) = (Smith::of(&app), claims(&app, &ann));
    let good = smith.token(&smith.header(), &right);
    app.get("/account").header("authorization", format!("Bearer {good}")).send().await.expect(200);
    let tokens: Tokens = [headers(&smith, &right), contents(&smith, &right), damaged(&smith, &right, &good)].concat();
    assert!(tokens.len() > 200, "{}", tokens.len());
    for (what, token) in &tokens {
        refused(&app, what, token).await;
        // Nor does a bad token become nobody's: what is public is refused with it.
        let public =
            app.get("/partnerships").header("authorization", format!("Bearer {token}")).unchecked().send().await;
        assert_eq!(public.status, 401, "{what}");
    }
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = String::from_utf8_lossy(&bytes).into_owned();
        assert!(app.state.keys.verify(&flipped).is_none(), "bit {bit} flipped: {flipped}");
    }
    app.get("/account").header("authorization", format!("Bearer {good}")).send().await.expect(200);
}

async fn tokens_go_in_one_authorization_header_and_nowhere_else(app: App) {
    let ann = app.citizen().await;
    let good = &ann.token;
    for header in [format!("bearer {good}"), format!("BEARER {good}"), format!("Bearer  {good}")] {
        app.get("/account").header("authorization", header).send().await.expect(200);
    }
    for header in [
        good.clone(),
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Bearer{good}"),
        format!("Bearer\t{good}"),
        format!("Bearer: {good}"),
        format!("Bearer={good}"),
        format!("Bearer token={good}"),
        format!("Bearer {good};"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer Bearer {good}"),
        format!("Basic {good}"),
        format!("Basic {}", b64(format!("{}:{good}", ann.email))),
        format!("Token {good}"),
        format!("JWT {good}"),
        format!("DPoP {good}"),
        format!("Digest {good}"),
        format!("Negotiate {good}"),
    ] {
        let answer = app.get("/account").header("authorization", &header).unchecked().send().await;
        same(&answer, &header);
    }
    let bearer = || format!("Bearer {good}");
    for (one, other) in
        [(bearer(), bearer()), (bearer(), "Bearer x".into()), ("Bearer x".into(), bearer()), (bearer(), String::new())]
    {
        let twice = app.get("/account").header("authorization", one).header("authorization", other).unchecked();
        same(&twice.send().await, "two headers");
    }
    for name in [
        "proxy-authorization",
        "x-authorization",
        "x-access-token",
        "x-forwarded-authorization",
        "x-api-key",
        "access-token",
    ] {
        same(&app.get("/account").header(name, bearer()).unchecked().send().await, name);
        same(&app.get("/account").header(name, good).unchecked().send().await, name);
    }
    for cookie in ["access_token", "token", "authorization", "Authorization", "session", "__Host-session", "jwt"] {
        same(&app.get("/account").header("cookie", format!("{cookie}={good}")).unchecked().send().await, cookie);
    }
    for name in ["access_token", "token", "authorization", "bearer_token", "jwt"] {
        let asked = app.get(format!("/account?{name}={good}")).unchecked().send().await;
        assert!([401, 422].contains(&asked.status), "{name}: {}", asked.status);
        let sent = app.post("/sessions/end-others").json(json!({name: good})).unchecked().send().await;
        assert!([400, 401].contains(&sent.status), "{name}: {}", sent.status);
    }
}

fn bearing(of: &Person, app: &App, change: Value) -> String {
    let smith = Smith::of(app);
    smith.token(&smith.header(), &with(&claims(app, of), change))
}

async fn tokens_of_sessions_that_do_not_count_get_the_same_refusal(app: App) {
    let agency = app.agency().await;
    let admin = app.administrator().await;
    let (ann, bob) = (app.citizen().await, app.citizen().await);
    refused(&app, "somebody else's session", &bearing(&ann, &app, json!({"sid": bob.session}))).await;
    refused(&app, "for somebody else", &bearing(&ann, &app, json!({"sub": bob.id}))).await;
    refused(&app, "session of nobody", &bearing(&ann, &app, json!({"sid": uuid::Uuid::now_v7()}))).await;
    refused(&app, "account of nobody", &bearing(&ann, &app, json!({"sub": uuid::Uuid::now_v7()}))).await;
    refused(
        &app,
        "session and account changed about",
        &bearing(&ann, &app, json!({"sid": ann.id, "sub": ann.session})),
    )
    .await;
    app.delete("/sessions/current").by(&bob).send().await.expect(204);
    refused(&app, "signed out", &bob.token).await;
    let (cleo, dan, eve) = (app.citizen().await, app.citizen().await, app.officer(agency).await);
    let reason = json!({"reason": "It has to be."});
    for (who, what) in [(&cleo, "suspend"), (&dan, "close"), (&eve, "suspend")] {
        let path = format!("/accounts/{}/{what}", who.id);
        app.post(path).by(&admin).if_match(1).json(reason.clone()).send().await.expect(200);
        refused(&app, what, &who.token).await;
        refused(&app, what, &bearing(who, &app, json!({}))).await;
    }
    // Suspended and back: old sessions stay ended.
    app.post(format!("/accounts/{}/reinstate", cleo.id)).by(&admin).if_match(2).json(reason).send().await.expect(200);
    refused(&app, "of before the suspension", &cleo.token).await;
    let login = json!({"email": ann.email, "password": crate::support::people::PASSWORD});
    let opened = app.post("/sessions").json(login).send().await.expect(201);
    let token = opened.str("access_token");
    app.pass(Duration::from_secs(10 * 60 + 4));
    app.get("/account").header("authorization", format!("Bearer {token}")).send().await.expect(200);
    app.pass(Duration::from_secs(1));
    refused(&app, "ten minutes and the leeway later", &token).await;
    let long = bearing(
        &Person { session: opened.str("session_id").parse().unwrap(), ..ann.clone() },
        &app,
        json!({"exp": app.now().seconds() + 10_000_000}),
    );
    app.get("/account").header("authorization", format!("Bearer {long}")).send().await.expect(200);
    app.pass(hours(720));
    refused(&app, "session unused for thirty days", &long).await;
}

async fn tokens_of_other_keys_get_the_same_refusal(app: App) {
    let ann = app.citizen().await;
    let claimed = || app.state.keys.claims(ann.id.0, ann.session.0, app.now(), vec!["pwd".into()], minutes(10));
    let dir = tempfile::tempdir().unwrap();
    let clock = || app.state.clock.clone();
    let elsewhere = Keys::open(&dir.path().join("a"), "https://elsewhere.example", clock()).unwrap();
    let twin = Keys::open(&dir.path().join("b"), "https://threekeys.example", clock()).unwrap();
    for (what, keys) in [("another installation", &elsewhere), ("another installation of the same name", &twin)] {
        let own = keys.claims(ann.id.0, ann.session.0, app.now(), vec!["pwd".into()], minutes(10));
        refused(&app, what, &keys.sign(&own).unwrap()).await;
        refused(&app, what, &keys.sign(&claimed()).unwrap()).await;
    }
    let same_keys = Keys::open(&app.state.config.data.keys(), "https://elsewhere.example", clock()).unwrap();
    let own = same_keys.claims(ann.id.0, ann.session.0, app.now(), vec!["pwd".into()], minutes(10));
    refused(&app, "our key, another issuer", &same_keys.sign(&own).unwrap()).await;
    // The anchors' key is ours too, and signs no tokens.
    let file: Value =
        serde_json::from_slice(&std::fs::read(app.state.config.data.keys().join("signing-keys.json")).unwrap())
            .unwrap();
    let smith = Smith::of(&app);
    let anchor = Smith::from(&file["anchor"]);
    refused(&app, "the anchors' key", &anchor.token(&anchor.header(), &claims(&app, &ann))).await;
    refused(&app, "the anchors' key under our kid", &anchor.token(&smith.header(), &claims(&app, &ann))).await;
    // A retired key verifies what it signed until a day has passed, and nothing after it is gone, seen before or not.
    let (seen, unseen) = (
        bearing(&ann, &app, json!({"exp": app.now().seconds() + 10_000_000})),
        bearing(&ann, &app, json!({"exp": app.now().seconds() + 10_000_001})),
    );
    for _ in 0..2 {
        app.pass(minutes(11));
        app.state.keys.rotate(false).unwrap();
        app.get("/account").header("authorization", format!("Bearer {seen}")).send().await.expect(200);
        app.pass(hours(13));
    }
    app.get("/account").header("authorization", format!("Bearer {seen}")).send().await.expect(200);
    app.state.keys.rotate(false).unwrap();
    refused(&app, "a key that is gone, seen before", &seen).await;
    refused(&app, "a key that is gone", &unseen).await;
}

both_engines![
    tokens_of_every_wrong_shape_get_the_same_refusal,
    tokens_go_in_one_authorization_header_and_nowhere_else,
    tokens_of_sessions_that_do_not_count_get_the_same_refusal,
    tokens_of_other_keys_get_the_same_refusal,
];
