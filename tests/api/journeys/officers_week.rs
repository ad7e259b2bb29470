use crate::support::App;
pub async fn an_officers_week(app: App) {
    let town = app.town().await;
    drop(town);
}
both_engines![an_officers_week];
