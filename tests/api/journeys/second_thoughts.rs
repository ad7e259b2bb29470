use crate::support::App;
pub async fn what_people_think_better_of(app: App) {
    let town = app.town().await;
    drop(town);
}
both_engines![what_people_think_better_of];
