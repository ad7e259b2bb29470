use serde_json::json;

use crate::support::App;

async fn registration_leads_by_mail_to_a_session(app: App) {
    let body = json!({"email": "Ann@Example.org", "password": "violet tram under quiet maples",
        "display_name": "Ann Lee", "is_13_or_older": true});
    app.post("/accounts").json(body).send().await.expect(202);
    let login = json!({"email": "ann@example.org", "password": "violet tram under quiet maples", "device": "phone"});
    app.post("/sessions").json(login.clone()).send().await.problem(403, "forbidden");
    let code = app.mailed_code("Ann@Example.org", "tkv_").await;
    let proof = json!({"token": code, "password": "violet tram under quiet maples"});
    app.post("/email-verifications")
        .json(json!({"token": code, "password": "another"}))
        .send()
        .await
        .problem(401, "token_rejected");
    app.post("/email-verifications").json(proof.clone()).send().await.expect(204);
    app.post("/email-verifications").json(proof).send().await.problem(401, "token_rejected");
    let session = app.post("/sessions").json(login).send().await.expect(201);
    let own = app
        .get("/account")
        .header("authorization", format!("Bearer {}", session.str("access_token")))
        .send()
        .await
        .expect(200);
    assert_eq!(own.body["email"], "Ann@Example.org");
    assert_eq!(own.body["side"], "civilian");
}

both_engines![registration_leads_by_mail_to_a_session];
