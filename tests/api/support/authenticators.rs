//! Authenticator apps, as people carry them: what each shows, and which code was used already.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::json;
use threekeys::accounts::totp;
use threekeys::platform::clock::Instant;

use super::{Answer, App, Person};

/// Seconds that a code is shown.
const STEP: i64 = 30;

/// Each account's app: its secret, and the step of the last code that was used.
#[derive(Debug, Default)]
pub struct Authenticators(RefCell<HashMap<String, (String, i64)>>);

/// What an app with this secret shows `steps` later than at `now`.
pub fn shown(seed: &str, now: Instant, steps: i64) -> String {
    totp::code(seed, Instant::from_micros(now.micros() + steps * STEP * 1_000_000).unwrap()).unwrap()
}

impl App {
    /// A code of this account's authenticator that counts and was not used; none where it has none. Waits for the next one
    /// where it must.
    pub fn code(&self, email: &str) -> Option<String> {
        let mut apps = self.authenticators.0.borrow_mut();
        let (seed, used) = apps.get_mut(email)?;
        let present = self.now().seconds() / STEP;
        let step = (*used + 1).max(present - 1);
        if step > present + 1 {
            self.pass(std::time::Duration::from_secs(30));
        }
        *used = step;
        Some(shown(seed, Instant::from_micros(0).unwrap(), step))
    }

    /// Puts a secret into the account's app.
    pub fn remember(&self, email: &str, seed: &str) {
        self.authenticators.0.borrow_mut().insert(email.to_owned(), (seed.to_owned(), i64::MIN / 2));
    }

    /// Sets an authenticator up, and gives the answer with the recovery codes.
    pub async fn set_up_authenticator(&self, who: &Person) -> Answer {
        let begun = self.post("/account/authenticator").by(who).json(json!({})).send().await.expect(201);
        self.remember(&who.email, &begun.str("secret"));
        self.confirm_authenticator(who).await
    }

    /// Shows the first code of what was begun.
    pub async fn confirm_authenticator(&self, who: &Person) -> Answer {
        let code = self.code(&who.email);
        self.post("/account/authenticator/confirm").by(who).json(json!({"code": code})).send().await.expect(200)
    }
}
