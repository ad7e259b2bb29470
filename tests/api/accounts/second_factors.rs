//! Authenticators, recovery codes, and proofs that grow old.

use futures_util::future::join_all;
use serde_json::{Value, json};
use threekeys::accounts::AccountKind;
use threekeys::platform::clock::{hours, minutes};

use crate::support::authenticators::shown;
use crate::support::people::PASSWORD;
use crate::support::{Answer, App, Person};

impl App {
    async fn log_in_with(&self, who: &Person, code: Option<String>) -> Answer {
        let login = json!({"email": who.email, "password": PASSWORD, "code": code});
        self.post("/sessions").json(login).send().await
    }

    /// With a password alone, as on the first day.
    async fn halfway(&self, who: &Person) -> Person {
        let opened = self.log_in_with(who, None).await.expect(201);
        Person { token: opened.str("access_token"), ..who.clone() }
    }
}

async fn begun(app: &App, who: &Person) -> String {
    app.post("/account/authenticator").by(who).json(json!({})).send().await.expect(201).str("secret")
}

async fn a_session_without_the_second_factor_has_no_right_but_over_its_own_account(app: App) {
    let agency = app.agency().await;
    for kind in AccountKind::ALL {
        let agency = (!matches!(kind, AccountKind::Citizen | AccountKind::Administrator)).then_some(agency);
        let who = app.person(*kind, agency).await;
        let opened = app.log_in_with(&who, None).await.expect(201);
        let expected = if *kind == AccountKind::Citizen { "not_needed" } else { "missing" };
        assert_eq!(opened.body["second_factor"], expected, "{kind}");
        let halfway = Person { token: opened.str("access_token"), ..who.clone() };
        app.get("/account").by(&halfway).send().await.expect(200);
        app.get("/partnerships").by(&halfway).send().await.expect(200);
        if *kind == AccountKind::Citizen {
            continue;
        }
        let refused =
            app.get("/account/membership-invitations").by(&halfway).send().await.problem(401, "step_up_required");
        let challenge = refused.header("www-authenticate").unwrap().to_owned();
        assert!(
            challenge.contains("error=\"insufficient_user_authentication\"")
                && challenge.contains("acr_values=\"aal2\"")
        );
        let proof = json!({"password": PASSWORD});
        let stepped_up = app.post("/sessions/step-up").by(&halfway).json(proof).send().await.expect(200);
        assert_eq!(stepped_up.body["second_factor"], "missing", "a password again is no second factor");
        app.get("/account/membership-invitations").by(&halfway).send().await.problem(401, "step_up_required");
        app.set_up_authenticator(&halfway).await;
        app.get("/account/membership-invitations").by(&halfway).send().await.expect(200);
    }
}

async fn a_code_counts_once_and_no_longer_than_a_step(app: App) {
    let ann = app.citizen().await;
    let seed = begun(&app, &ann).await;
    // Until it is confirmed nothing has changed.
    app.log_in_with(&ann, None).await.expect(201);
    let confirm = |code: String| app.post("/account/authenticator/confirm").by(&ann).json(json!({"code": code}));
    confirm(shown(&seed, app.now(), 3)).send().await.refuses(&["/code"]);
    confirm(shown(&seed, app.now(), 0)).send().await.expect(200);
    confirm(shown(&seed, app.now(), 1)).send().await.problem(409, "conflict");

    app.log_in_with(&ann, None).await.problem(401, "second_factor_required");
    let used = app.log_in_with(&ann, Some(shown(&seed, app.now(), 0))).await;
    used.problem(401, "second_factor_required");
    app.pass(minutes(1));
    let code = shown(&seed, app.now(), 0);
    let opened = app.log_in_with(&ann, Some(format!(" {} {}", &code[..3], &code[3..]))).await.expect(201);
    assert_eq!(opened.body["second_factor"], "given");
    app.log_in_with(&ann, Some(code)).await.problem(401, "second_factor_required");
    app.log_in_with(&ann, Some(shown(&seed, app.now(), -1))).await.problem(401, "second_factor_required");
    app.log_in_with(&ann, Some(shown(&seed, app.now(), 1))).await.expect(201);
    app.pass(minutes(5));
    app.log_in_with(&ann, Some(shown(&seed, app.now(), -2))).await.problem(401, "second_factor_required");
    app.log_in_with(&ann, Some(shown(&seed, app.now(), 2))).await.problem(401, "second_factor_required");
    let wrong = json!({"email": ann.email, "password": "not my password at all", "code": shown(&seed, app.now(), 0)});
    app.post("/sessions").json(wrong).send().await.problem(401, "credentials_rejected");
    app.log_in_with(&ann, Some(shown(&seed, app.now(), 0))).await.expect(201);
}

async fn one_code_sent_five_times_at_once_counts_once(app: App) {
    let ann = app.citizen().await;
    app.set_up_authenticator(&ann).await;
    app.pass(minutes(15));
    let login = json!({"email": ann.email, "password": PASSWORD, "code": app.code(&ann.email)});
    let answers = join_all((0..5).map(|_| app.post("/sessions").json(login.clone()).unchecked().send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.body["code"] == "second_factor_required").count(), 4);
}

async fn five_wrong_codes_make_the_account_cool_off_on_known_devices_too(app: App) {
    let ann = app.citizen().await;
    let known = app.log_in_with(&ann, None).await.expect(201).str("device_token");
    app.set_up_authenticator(&ann).await;
    let log_in = |code: Option<String>| {
        let login = json!({"email": ann.email, "password": PASSWORD, "code": code, "device_token": known});
        app.post("/sessions").json(login).send()
    };
    for _ in 0..5 {
        log_in(Some("000000".into())).await.problem(401, "second_factor_required");
    }
    log_in(app.code(&ann.email)).await.problem(429, "quota_exceeded");
    app.pass(minutes(15));
    log_in(app.code(&ann.email)).await.expect(201);
}

async fn a_recovery_code_counts_once_and_its_owner_is_told(app: App) {
    let ann = app.citizen().await;
    let codes = app.set_up_authenticator(&ann).await;
    let codes: Vec<String> = serde_json::from_value(codes.body["recovery_codes"].clone()).unwrap();
    let opened = app.log_in_with(&ann, Some(codes[0].to_uppercase().replace('-', " "))).await.expect(201);
    assert_eq!(opened.body["second_factor"], "given");
    app.log_in_with(&ann, Some(codes[0].clone())).await.problem(401, "second_factor_required");
    assert!(app.mails(&ann.email).await.iter().any(|mail| mail.contains("9 are left")));
    let left = app.get("/account/authenticator").by(&ann).send().await.expect(200);
    assert_eq!((&left.body["recovery_codes_left"], &left.body["state"]), (&json!(9), &json!("active")));
    app.post("/account/recovery-codes").by(&ann).send().await.expect(201);
    app.log_in_with(&ann, Some(codes[1].clone())).await.problem(401, "second_factor_required");
    // Another account's codes are nobody else's.
    let bob = app.citizen().await;
    let bobs = app.set_up_authenticator(&bob).await.body["recovery_codes"][0].as_str().unwrap().to_owned();
    app.log_in_with(&ann, Some(bobs.clone())).await.problem(401, "second_factor_required");
    app.log_in_with(&bob, Some(bobs)).await.expect(201);
}

async fn what_matters_most_wants_a_proof_of_the_last_five_minutes(app: App) {
    let agency = app.agency().await;
    let admin = app.administrator().await;
    let target = app.officer(agency).await;
    app.set_up_authenticator(&admin).await;
    let opened = app.log_in_with(&admin, app.code(&admin.email)).await.expect(201);
    app.pass(minutes(4));
    let mut admin = Person { token: opened.str("access_token"), ..admin };
    app.get("/records").by(&admin).send().await.expect(200);
    app.pass(minutes(2));
    let refreshed = app.post("/sessions/refresh").json(json!({"refresh_token": opened.str("refresh_token")}));
    admin.token = refreshed.send().await.expect(200).str("access_token");
    let path = format!("/accounts/{}", target.id);
    app.get(&path).by(&admin).send().await.expect(200);
    let key = uuid::Uuid::new_v4().to_string();
    let invite = |who: &Person| {
        let body = json!({"email": "new@example.org", "kind": "officer", "agency_id": agency});
        app.post("/invitations").by(who).header("idempotency-key", key.clone()).json(body)
    };
    for refused in [
        app.get("/records").by(&admin),
        invite(&admin),
        app.post(format!("{path}/suspend")).by(&admin).if_match(1).json(json!({"reason": "Because."})),
        app.post(format!("{path}/close")).by(&admin).if_match(1).json(json!({"reason": "Because."})),
        app.post("/account/recovery-codes").by(&admin),
        app.post("/account/authenticator").by(&admin).json(json!({})),
        app.post("/account/close").by(&admin).json(json!({"password": PASSWORD})),
        app.post("/account/password").by(&admin).json(json!({
            "current_password": PASSWORD, "new_password": "green kettle on the north porch"
        })),
    ] {
        refused.send().await.problem(401, "step_up_required");
    }
    let step_up = |body: Value| app.post("/sessions/step-up").by(&admin).json(body).send();
    step_up(json!({"password": PASSWORD})).await.problem(401, "second_factor_required");
    step_up(json!({"password": "wrong", "code": "000000"})).await.problem(401, "credentials_rejected");
    let stepped_up = step_up(json!({"password": PASSWORD, "code": app.code(&admin.email)})).await.expect(200);
    assert_eq!(stepped_up.body["amr"], json!(["pwd", "otp", "mfa"]));
    // The refusal was about the attempt: the same key goes through now.
    invite(&admin).send().await.expect(201);
    let fresh = Person { token: stepped_up.str("access_token"), ..admin.clone() };
    app.get("/records").by(&fresh).send().await.expect(200);
}

async fn setting_an_authenticator_up_ends_other_sessions_and_tells_the_owner(app: App) {
    let ann = app.citizen().await;
    let other = app.halfway(&ann).await;
    app.set_up_authenticator(&ann).await;
    app.get("/account").by(&other).send().await.problem(401, "unauthenticated");
    app.get("/account").by(&ann).send().await.expect(200);
    assert!(app.mails(&ann.email).await.iter().any(|mail| mail.contains("An authenticator was set up")));
    // A new one counts once it was confirmed; until then the old one does.
    let old = app.code(&ann.email);
    let seed = begun(&app, &ann).await;
    app.log_in_with(&ann, old).await.expect(201);
    app.pass(minutes(1));
    let code = shown(&seed, app.now(), 0);
    app.log_in_with(&ann, Some(code.clone())).await.problem(401, "second_factor_required");
    app.post("/account/authenticator/confirm").by(&ann).json(json!({"code": code})).send().await.expect(200);
    app.pass(minutes(1));
    app.log_in_with(&ann, app.code(&ann.email)).await.problem(401, "second_factor_required");
    app.log_in_with(&ann, Some(shown(&seed, app.now(), 0))).await.expect(201);
}

async fn an_authenticator_is_removed_by_those_who_need_none(app: App) {
    let ann = app.citizen().await;
    app.delete("/account/authenticator").by(&ann).send().await.problem(409, "conflict");
    app.post("/account/recovery-codes").by(&ann).send().await.problem(409, "conflict");
    app.set_up_authenticator(&ann).await;
    app.delete("/account/authenticator").by(&ann).send().await.expect(204);
    app.log_in_with(&ann, None).await.expect(201);
    let officer = app.officer(app.agency().await).await;
    app.set_up_authenticator(&officer).await;
    app.delete("/account/authenticator").by(&officer).send().await.problem(409, "conflict");
}

async fn a_reset_authenticator_is_replaced_only_with_the_mailed_code(app: App) {
    let (admin, officer) = (app.administrator().await, app.officer(app.agency().await).await);
    let reset = |by: &Person, version: i64| {
        let path = format!("/accounts/{}/authenticator/reset", officer.id);
        app.post(path).by(by).if_match(version).json(json!({"reason": "Lost in the river."}))
    };
    reset(&admin, 1).send().await.problem(409, "conflict");
    app.set_up_authenticator(&officer).await;
    reset(&officer, 1).send().await.problem(404, "not_found");
    reset(&app.citizen().await, 1).send().await.problem(404, "not_found");
    reset(&admin, 1).send().await.expect(200);
    app.get("/account").by(&officer).send().await.problem(401, "unauthenticated");
    let again = app.halfway(&officer).await;
    let begin = |token: Value| app.post("/account/authenticator").by(&again).json(json!({"token": token})).send();
    let code = app.mailed_code(&officer.email, "tka_").await;
    begin(Value::Null).await.problem(401, "token_rejected");
    begin(json!("tka_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await.problem(401, "token_rejected");
    begin(json!(code.replace("tka_", "tkp_"))).await.problem(401, "token_rejected");
    app.pass(hours(72));
    let again = app.halfway(&officer).await;
    let begin = |token: Value| app.post("/account/authenticator").by(&again).json(json!({"token": token})).send();
    begin(json!(code)).await.problem(401, "token_rejected");
    reset(&admin, 2).send().await.expect(200);
    let again = app.halfway(&officer).await;
    let code = app.mailed_code(&officer.email, "tka_").await;
    let begun = app.post("/account/authenticator").by(&again).json(json!({"token": code})).send().await.expect(201);
    app.remember(&officer.email, &begun.str("secret"));
    app.confirm_authenticator(&again).await;
    let done = app.get("/account/authenticator").by(&again).send().await.expect(200);
    assert_eq!((&done.body["was_reset"], &done.body["state"]), (&json!(false), &json!("active")));
}

/// What a reviewer found: a seed that was kept made an old proof new.
async fn confirming_an_authenticator_makes_no_old_proof_fresh(app: App) {
    let ann = app.citizen().await;
    app.set_up_authenticator(&ann).await;
    let when = app.now();
    let token = app.session_proved(ann.id, "pwd otp mfa", when).await.1;
    let ann = Person { token, ..ann };
    let confirm = |seed: &str| {
        let code = json!({"code": shown(seed, app.now(), 0)});
        app.post("/account/authenticator/confirm").by(&ann).json(code).send()
    };
    let seed = begun(&app, &ann).await;
    app.pass(minutes(4));
    confirm(&seed).await.expect(200);
    app.post("/account/recovery-codes").by(&ann).send().await.expect(201);
    let seed = begun(&app, &ann).await;
    app.pass(minutes(2));
    app.post("/account/recovery-codes").by(&ann).send().await.problem(401, "step_up_required");
    confirm(&seed).await.problem(401, "step_up_required");
    // And a seed is not waited for for ever.
    let token = app.session_proved(ann.id, "pwd otp mfa", app.now().plus(hours(1))).await.1;
    let ann = Person { token, ..ann.clone() };
    app.pass(minutes(9));
    let code = json!({"code": shown(&seed, app.now(), 0)});
    app.post("/account/authenticator/confirm").by(&ann).json(code).send().await.problem(409, "conflict");
}

/// An answer that was given to both factors is not told again to one.
async fn a_kept_answer_is_not_told_to_a_session_without_the_second_factor(app: App) {
    let admin = app.administrator().await;
    let key = uuid::Uuid::new_v4();
    let agency = app.agency().await;
    let body = json!({"email": "new@example.org", "kind": "officer", "agency_id": agency});
    let invite = |who: &Person| app.post("/invitations").by(who).key(key).json(body.clone());
    let made = invite(&admin).send().await.expect(201);
    let halfway = app.halfway(&admin).await;
    invite(&halfway).send().await.problem(401, "step_up_required");
    assert_eq!(invite(&admin).leaving(0).send().await.expect(201).id(), made.id());
}

async fn a_code_sent_again_is_no_guess_and_recovery_codes_are_counted_apart(app: App) {
    let ann = app.citizen().await;
    let codes = app.set_up_authenticator(&ann).await;
    app.pass(minutes(1));
    let code = app.code(&ann.email);
    app.log_in_with(&ann, code.clone()).await.expect(201);
    for _ in 0..10 {
        app.log_in_with(&ann, code.clone()).await.problem(401, "second_factor_required");
    }
    app.log_in_with(&ann, app.code(&ann.email)).await.expect(201);
    for _ in 0..5 {
        app.log_in_with(&ann, Some("000000".into())).await.problem(401, "second_factor_required");
    }
    app.log_in_with(&ann, app.code(&ann.email)).await.problem(429, "quota_exceeded");
    app.log_in_with(&ann, codes.body["recovery_codes"][3].as_str().map(str::to_owned)).await.expect(201);
    for _ in 0..5 {
        app.log_in_with(&ann, Some("aaaa-bbbb-cccc-dddd".into())).await.problem(401, "second_factor_required");
    }
    app.log_in_with(&ann, codes.body["recovery_codes"][4].as_str().map(str::to_owned))
        .await
        .problem(429, "quota_exceeded");
}

/// A known device is excused from the failures of others, not from its own, and no longer than the password lasts.
async fn a_known_device_has_five_guesses_of_its_own(app: App) {
    let ann = app.citizen().await;
    let device = app.log_in_with(&ann, None).await.expect(201).str("device_token");
    let log_in = |password: &str, device: Option<&str>| {
        let login = json!({"email": ann.email, "password": password, "device_token": device});
        app.post("/sessions").json(login).send()
    };
    for _ in 0..5 {
        log_in("not my password at all", Some(&device)).await.problem(401, "credentials_rejected");
    }
    log_in(PASSWORD, Some(&device)).await.problem(429, "quota_exceeded");
    log_in(PASSWORD, None).await.expect(201);
    let change = json!({"current_password": PASSWORD, "new_password": "green kettle on the north porch"});
    app.post("/account/password").by(&ann).json(change).send().await.expect(204);
    app.pass(minutes(15));
    for _ in 0..5 {
        log_in("not my password at all", None).await.problem(401, "credentials_rejected");
    }
    log_in("green kettle on the north porch", Some(&device)).await.problem(429, "quota_exceeded");
}

/// A password that was reset by mail does not do away with the authenticator.
async fn reset_password_leaves_the_second_factor_needed(app: App) {
    let ann = app.citizen().await;
    app.set_up_authenticator(&ann).await;
    app.post("/password-resets/requests").json(json!({"email": ann.email})).send().await.expect(202);
    let token = app.mailed_code(&ann.email, "tkp_").await;
    let new = "green kettle on the north porch";
    app.post("/password-resets").json(json!({"token": token, "new_password": new})).send().await.expect(204);
    let log_in = |code: Option<String>| {
        app.post("/sessions").json(json!({"email": ann.email, "password": new, "code": code})).send()
    };
    log_in(None).await.problem(401, "second_factor_required");
    log_in(app.code(&ann.email)).await.expect(201);
}

both_engines![
    confirming_an_authenticator_makes_no_old_proof_fresh,
    a_kept_answer_is_not_told_to_a_session_without_the_second_factor,
    a_code_sent_again_is_no_guess_and_recovery_codes_are_counted_apart,
    a_known_device_has_five_guesses_of_its_own,
    a_session_without_the_second_factor_has_no_right_but_over_its_own_account,
    a_code_counts_once_and_no_longer_than_a_step,
    one_code_sent_five_times_at_once_counts_once,
    five_wrong_codes_make_the_account_cool_off_on_known_devices_too,
    a_recovery_code_counts_once_and_its_owner_is_told,
    what_matters_most_wants_a_proof_of_the_last_five_minutes,
    setting_an_authenticator_up_ends_other_sessions_and_tells_the_owner,
    an_authenticator_is_removed_by_those_who_need_none,
    a_reset_authenticator_is_replaced_only_with_the_mailed_code,
    reset_password_leaves_the_second_factor_needed
];
