//! Forged and misused tokens: none is taken.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use threekeys::platform::clock::minutes;

use crate::support::App;

fn part(value: &Value) -> String {
    B64.encode(value.to_string())
}

async fn forged_and_misused_tokens_are_refused(app: App) {
    let ann = app.citizen().await;
    let good = ann.token.clone();
    let [header, claims, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&B64.decode(part).unwrap()).unwrap() };
    let (head, body) = (read(header), read(claims));
    let with_head = |changes: Value| {
        let mut head = head.clone();
        for (name, value) in changes.as_object().unwrap() {
            head[name] = value.clone();
        }
        format!("{}.{claims}.{signature}", part(&head))
    };
    // Signed by us, but with claims that are not an access token's, or not for now.
    let signed = |change: &dyn Fn(&mut threekeys::platform::keys::Claims)| {
        let mut claims = app.state.keys.claims(ann.id.0, ann.session.0, app.now(), vec!["pwd".into()], minutes(10));
        change(&mut claims);
        app.state.keys.sign(&claims).unwrap()
    };
    let other_keys = {
        let dir = tempfile::tempdir().unwrap();
        let keys =
            threekeys::platform::keys::Keys::open(dir.path(), "https://threekeys.example", app.state.clock.clone())
                .unwrap();
        keys.sign(&keys.claims(ann.id.0, ann.session.0, app.now(), vec!["pwd".into()], minutes(10))).unwrap()
    };
    let own_kid = {
        let mut forged = read(other_keys.split('.').next().unwrap());
        forged["kid"] = head["kid"].clone();
        let rest = other_keys.split_once('.').unwrap().1;
        format!("{}.{rest}", part(&forged))
    };
    let mut tokens = vec![
        ("nothing", String::new()),
        ("words", "not-a-token".into()),
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{good}.x")),
        ("no signature", format!("{header}.{claims}.")),
        ("cut signature", good[..good.len() - 2].into()),
        ("padded", format!("{good}=")),
        ("alg none", with_head(json!({"alg": "none"}))),
        ("alg None without signature", format!("{}.{claims}.", part(&json!({"alg": "None", "typ": "at+jwt"})))),
        ("alg HS256", with_head(json!({"alg": "HS256"}))),
        ("alg RS256", with_head(json!({"alg": "RS256"}))),
        ("alg ES256", with_head(json!({"alg": "ES256"}))),
        ("alg unknown", with_head(json!({"alg": "EdDSA2"}))),
        ("typ JWT", with_head(json!({"typ": "JWT"}))),
        ("typ of an id token", with_head(json!({"typ": "id+jwt"}))),
        ("no kid", with_head(json!({"kid": null}))),
        ("kid of nobody", with_head(json!({"kid": "AAAA"}))),
        ("kid as a path", with_head(json!({"kid": "../../etc/passwd"}))),
        ("kid as SQL", with_head(json!({"kid": "' OR 1=1 --"}))),
        ("jku", with_head(json!({"jku": "https://evil.example/jwks.json"}))),
        (
            "jwk",
            with_head(
                json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}),
            ),
        ),
        ("x5u", with_head(json!({"x5u": "https://evil.example/c.pem"}))),
        ("x5c", with_head(json!({"x5c": ["AAAA"]}))),
        ("crit", with_head(json!({"crit": ["exp"]}))),
        ("another installation's key", other_keys),
        ("another key under our kid", own_kid),
        ("issuer", signed(&|c| c.iss = "https://evil.example".into())),
        ("audience", signed(&|c| c.aud = "another-api".into())),
        ("expired", signed(&|c| c.exp = c.iat - 10)),
        ("just expired", signed(&|c| c.exp = c.iat - 5)),
        ("not yet", signed(&|c| c.nbf = c.iat + 60)),
        ("over before it began", signed(&|c| (c.nbf, c.exp) = (c.iat + 5, c.iat + 4))),
        ("session of nobody", signed(&|c| c.sid = uuid::Uuid::now_v7())),
        ("account of nobody", signed(&|c| c.sub = uuid::Uuid::now_v7())),
        ("a refresh token", "tkr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
        ("an invitation", "tki_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
        ("long", "a".repeat(5000)),
    ];
    for (claim, value) in [
        ("exp", json!("1900000000")),
        ("exp", json!(null)),
        ("exp", json!(1e300)),
        ("nbf", json!("0")),
        ("iss", json!(["https://threekeys.example"])),
        ("sub", json!("someone")),
        ("sid", json!(7)),
        ("amr", json!("pwd")),
        ("exp", json!(99999999999_i64)),
    ] {
        let mut claims = body.clone();
        claims[claim] = value.clone();
        tokens.push(("changed claim", format!("{header}.{}.{signature}", part(&claims))));
    }
    assert!(tokens.len() >= 45, "{}", tokens.len());
    for (what, token) in tokens {
        let answer = app.get("/account").header("authorization", format!("Bearer {token}")).send().await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"threekeys\""));
        // Nor does a bad token become nobody's: what is public is refused with it.
        let public = app.get("/partnerships").header("authorization", format!("Bearer {token}")).send().await;
        assert_eq!(public.status, 401, "{what}");
    }
    for header in [format!("bearer {good}"), format!("BEARER {good}")] {
        app.get("/account").header("authorization", header).send().await.expect(200);
    }
    for header in [good.clone(), format!("Basic {good}"), format!("Token {good}"), "Bearer".into()] {
        app.get("/account").header("authorization", header).send().await.problem(401, "unauthenticated");
    }
    let twice = app
        .get("/account")
        .header("authorization", format!("Bearer {good}"))
        .header("authorization", format!("Bearer {good}"));
    twice.send().await.problem(401, "unauthenticated");
    app.get(format!("/account?access_token={good}")).send().await.problem(401, "unauthenticated");
}

async fn jwks_has_every_key_and_no_private_part(app: App) {
    let keys = app.get("/.well-known/jwks.json").send().await.expect(200);
    let all = keys.body["keys"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    for key in all {
        assert_eq!(
            (key["kty"].as_str(), key["crv"].as_str(), key["alg"].as_str()),
            (Some("OKP"), Some("Ed25519"), Some("EdDSA"))
        );
        assert!(key.get("d").is_none());
    }
}

both_engines![forged_and_misused_tokens_are_refused, jwks_has_every_key_and_no_private_part];
