use crate::support::App;
pub async fn an_administrators_month(app: App) {
    let town = app.town().await;
    drop(town);
}
both_engines![an_administrators_month];
