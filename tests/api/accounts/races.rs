//! What happens to one account twice at the same time, with writes slowed down so that each sees what there was before the
//! other is done unless it waits.

use diesel::prelude::*;
use futures_util::future::{join, join_all, join3};
use serde_json::{Value, json};
use threekeys::schema::{accounts, calendar_addresses};

use crate::support::people::{PASSWORD, Person};
use crate::support::twins::{plant, slow};
use crate::support::{Answer, App};

/// Both at once, with slow writes.
async fn both(app: &App, one: impl Future<Output = Answer>, other: impl Future<Output = Answer>) -> (Answer, Answer) {
    slow(app, true).await;
    let answers = join(one, other).await;
    slow(app, false).await;
    for answer in [&answers.0, &answers.1] {
        assert!(answer.status < 500, "{}: {:#}", answer.request, answer.body);
    }
    answers
}

/// Of every closed account nothing is left.
async fn nothing_is_left_of_closed_accounts(app: &App) {
    let left: Vec<(String, Option<String>, Option<String>)> = app
        .db(|conn| {
            accounts::table
                .filter(accounts::state.eq("closed"))
                .select((accounts::display_name, accounts::password_hash, accounts::email))
                .load(conn)
        })
        .await;
    for row in left {
        assert_eq!(row, ("Former member".to_owned(), None, None));
    }
}

fn close<'a>(app: &'a App, who: &Person) -> impl Future<Output = Answer> + use<'a> {
    app.post("/account/close").by(who).json(json!({"password": PASSWORD})).unchecked().send()
}

fn suspend<'a>(app: &'a App, whom: &Person, by: &Person) -> impl Future<Output = Answer> + use<'a> {
    let call = app.post(format!("/accounts/{}/suspend", whom.id)).by(by).if_match(1);
    call.json(json!({"reason": "Left the job."})).unchecked().send()
}

/// The same person in one more session.
async fn elsewhere(app: &App, who: &Person) -> Person {
    let (session, token) = app.session(who.id).await;
    Person { session, token, ..who.clone() }
}

fn end_others<'a>(app: &'a App, by: &Person) -> impl Future<Output = Answer> + use<'a> {
    app.post("/sessions/end-others").by(by).unchecked().send()
}

/// The reset of a password by a token that was mailed for it.
async fn reset<'a>(app: &'a App, whose: &Person) -> impl Future<Output = Answer> + use<'a> {
    app.post("/password-resets/requests").json(json!({"email": whose.email})).send().await.expect(202);
    let token = app.mailed_code(&whose.email, "tkp_").await;
    let body = json!({"token": token, "new_password": "green kettle on the north porch"});
    app.post("/password-resets").json(body).unchecked().send()
}

async fn one_of_two_administrators_who_suspend_each_other_stays(app: App) {
    plant(&app).await;
    let (ann, ben) = (app.administrator().await, app.administrator().await);
    let (one, other) = both(&app, suspend(&app, &ben, &ann), suspend(&app, &ann, &ben)).await;
    assert_eq!([one.status, other.status].iter().filter(|status| **status == 200).count(), 1);
}

async fn whoever_was_suspended_meanwhile_suspends_nobody(app: App) {
    plant(&app).await;
    let (ann, ben, _cleo) = (app.administrator().await, app.administrator().await, app.administrator().await);
    let (one, other) = both(&app, suspend(&app, &ben, &ann), suspend(&app, &ann, &ben)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

async fn no_address_of_the_calendar_outlives_a_reset(app: App) {
    plant(&app).await;
    for _ in 0..5 {
        let ann = app.citizen().await;
        let reset = reset(&app, &ann).await;
        let made = app.post("/account/calendar-address").by(&ann).unchecked().send();
        let (_, reset) = both(&app, made, reset).await;
        reset.expect(204);
        let left: i64 = app.db(|conn| calendar_addresses::table.count().get_result(conn)).await;
        assert_eq!(left, 0);
    }
}

async fn guesses_at_once_are_counted_each(app: App) {
    plant(&app).await;
    let guess = || {
        let body = json!({"email": "nobody@example.org", "password": "not the right words at all"});
        app.post("/sessions").json(body).unchecked().send()
    };
    slow(&app, true).await;
    let answers = join_all((0..8).map(|_| guess())).await;
    slow(&app, false).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((looked_at, answers.iter().filter(|answer| answer.status == 429).count()), (5, 3));
}

async fn wrong_passwords_of_a_session_at_once_are_counted_each(app: App) {
    plant(&app).await;
    let ann = app.citizen().await;
    let guess = || {
        let body = json!({"password": "not the right words at all"});
        app.post("/sessions/step-up").by(&ann).json(body).unchecked().send()
    };
    slow(&app, true).await;
    let answers = join_all((0..8).map(|_| guess())).await;
    slow(&app, false).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((looked_at, answers.iter().filter(|answer| answer.status == 429).count()), (5, 3));
}

async fn of_two_sessions_that_end_each_other_one_stays(app: App) {
    plant(&app).await;
    for _ in 0..5 {
        let phone = app.citizen().await;
        let laptop = elsewhere(&app, &phone).await;
        let (one, other) = both(&app, end_others(&app, &phone), end_others(&app, &laptop)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        let (stays, goes) = if one.status == 200 { (&phone, &laptop) } else { (&laptop, &phone) };
        app.get("/account").by(stays).send().await.expect(200);
        app.get("/account").by(goes).send().await.problem(401, "unauthenticated");
    }
}

async fn a_session_that_is_ended_meanwhile_changes_no_password(app: App) {
    plant(&app).await;
    for _ in 0..5 {
        let phone = app.citizen().await;
        let laptop = elsewhere(&app, &phone).await;
        let change = json!({"current_password": PASSWORD, "new_password": "green kettle on the north porch"});
        let change = app.post("/account/password").by(&phone).json(change).unchecked().send();
        let (changed, ended) = both(&app, change, end_others(&app, &laptop)).await;
        let (stays, goes, old) = match (changed.status, ended.status) {
            (401, 200) => (&laptop, &phone, 201),
            (204, 401) => (&phone, &laptop, 401),
            other => panic!("{other:?}"),
        };
        app.get("/account").by(stays).send().await.expect(200);
        app.get("/account").by(goes).send().await.problem(401, "unauthenticated");
        let log_in = json!({"email": phone.email, "password": PASSWORD});
        app.post("/sessions").json(log_in).send().await.expect(old);
    }
}

async fn one_of_two_administrators_who_leave_at_once_stays(app: App) {
    plant(&app).await;
    let (ann, ben) = (app.administrator().await, app.administrator().await);
    let (one, other) = both(&app, close(&app, &ann), close(&app, &ben)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    nothing_is_left_of_closed_accounts(&app).await;
}

async fn whoever_registers_an_address_at_once_is_told_the_same(app: App) {
    plant(&app).await;
    let register = |email: &str| {
        let body = json!({"email": email, "password": PASSWORD, "display_name": "Ann Lee", "is_13_or_older": true});
        app.post("/accounts").json(body).unchecked().send()
    };
    slow(&app, true).await;
    for round in 0..5 {
        let email = format!("ann{round}@example.org");
        let (one, two, three) = join3(register(&email), register(&email), register(&email)).await;
        assert_eq!([one.status, two.status, three.status], [202; 3]);
        assert_eq!((&one.bytes, &two.bytes), (&two.bytes, &three.bytes));
    }
}

async fn no_session_of_the_old_password_outlives_its_reset(app: App) {
    plant(&app).await;
    for _ in 0..5 {
        let ann = app.citizen().await;
        let reset = reset(&app, &ann).await;
        let log_in = json!({"email": ann.email, "password": PASSWORD});
        let session = app.post("/sessions").json(log_in).unchecked().send();
        let (reset, session) = both(&app, reset, session).await;
        reset.expect(204);
        if session.status == 201 {
            let bearer = format!("Bearer {}", session.str("access_token"));
            let own = app.get("/account").header("authorization", bearer).send().await;
            own.problem(401, "unauthenticated");
        }
    }
}

async fn nothing_is_changed_of_an_account_that_is_closed_meanwhile(app: App) {
    plant(&app).await;
    for _ in 0..5 {
        let ann = app.citizen().await;
        let change = app.patch("/account").by(&ann).if_match(1).json(json!({"display_name": "Real Name"}));
        let (_, closed) = both(&app, change.unchecked().send(), close(&app, &ann)).await;
        closed.expect(204);
    }
    nothing_is_left_of_closed_accounts(&app).await;
}

async fn suspending_an_account_that_its_owner_closes_is_no_fault(app: App) {
    plant(&app).await;
    let admin = app.administrator().await;
    for _ in 0..5 {
        let ann = app.citizen().await;
        let (suspended, closed) = both(&app, suspend(&app, &ann, &admin), close(&app, &ann)).await;
        // Whoever is suspended while they are leaving may leave.
        assert!(closed.status == 204 || suspended.status == 200, "{} and {}", suspended.status, closed.status);
    }
    nothing_is_left_of_closed_accounts(&app).await;
}

async fn a_registration_meanwhile_gives_nothing_back_to_the_account_that_makes_room(app: App) {
    plant(&app).await;
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let register = |email: &str| {
        let body: Value =
            json!({"email": email, "password": PASSWORD, "display_name": "Stranger", "is_13_or_older": true});
        app.post("/accounts").json(body).unchecked().send()
    };
    for round in 0..5 {
        let email = format!("kim{round}@kck.example.org");
        register(&email).await.expect(202);
        let invitation = json!({"email": email, "kind": "officer", "agency_id": agency, "badge_number": "4711"});
        app.post("/invitations").by(&commander).json(invitation).fresh_key().send().await.expect(201);
        let accept = json!({
            "token": app.mailed_code(&email, "tki_").await, "email": email,
            "password": "seven gray herons at dawn", "display_name": "Kim Ortiz"
        });
        let accept = app.post("/invitations/accept").json(accept).unchecked().send();
        let (registered, accepted) = both(&app, register(&email), accept).await;
        assert_eq!((registered.status, accepted.status), (202, 201));
    }
    nothing_is_left_of_closed_accounts(&app).await;
}

both_engines![
    one_of_two_administrators_who_suspend_each_other_stays,
    whoever_was_suspended_meanwhile_suspends_nobody,
    no_address_of_the_calendar_outlives_a_reset,
    guesses_at_once_are_counted_each,
    wrong_passwords_of_a_session_at_once_are_counted_each,
    of_two_sessions_that_end_each_other_one_stays,
    a_session_that_is_ended_meanwhile_changes_no_password,
    one_of_two_administrators_who_leave_at_once_stays,
    whoever_registers_an_address_at_once_is_told_the_same,
    no_session_of_the_old_password_outlives_its_reset,
    nothing_is_changed_of_an_account_that_is_closed_meanwhile,
    suspending_an_account_that_its_owner_closes_is_no_fault,
    a_registration_meanwhile_gives_nothing_back_to_the_account_that_makes_room,
];
