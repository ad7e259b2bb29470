//! What accounts write to people. Links lead to the configured base URL, never to what a request called itself.

use crate::platform::mail::Letter;
use crate::platform::text::Email;

const SIGNATURE: &str = "\n\nThis message was sent by a machine. In an emergency call 911.\n";

fn letter(to: Email, subject: &str, text: String) -> Letter {
    Letter { to, subject: subject.to_owned(), text: text + SIGNATURE, leave: None }
}

pub fn verify_email(to: Email, base_url: &str, token: &str) -> Letter {
    letter(
        to,
        "Confirm your mail address",
        format!(
            "Somebody, hopefully you, opened an account at {base_url} with this address.\n\n\
             To confirm it, enter this code together with the password that you chose, within 24 hours:\n\n{token}\n\n\
             If it was not you, do nothing: without the code the account can't be used."
        ),
    )
}

pub fn address_is_registered(to: Email, base_url: &str) -> Letter {
    letter(
        to,
        "You have an account already",
        format!(
            "Somebody, hopefully you, wanted to open an account at {base_url} with this address, which has one already.\n\n\
             Sign in with it. If you forgot the password, ask for a new one there. If it was not you, do nothing."
        ),
    )
}

pub fn reset_password(to: Email, base_url: &str, token: &str) -> Letter {
    letter(
        to,
        "Choose a new password",
        format!(
            "Somebody, hopefully you, asked for a new password at {base_url}.\n\n\
             To choose one, enter this code within one hour:\n\n{token}\n\n\
             If it was not you, do nothing: the password stays as it is."
        ),
    )
}

pub fn password_changed(to: Email, base_url: &str, is_recovered: bool) -> Letter {
    let calendar = match is_recovered {
        true => "The secret address of your calendar, if it had one, was ended as well; make a new one if you use it.",
        false => "The secret address of your calendar, if it has one, still works; replace it if others may know it.",
    };
    letter(
        to,
        "Your password was changed",
        format!(
            "The password of your account at {base_url} was changed, and other sessions were ended. {calendar}\n\n\
             If it was not you, ask for a new password there at once and tell your administrator."
        ),
    )
}

pub fn authenticator_changed(to: Email, base_url: &str, what: &str) -> Letter {
    letter(
        to,
        "Your authenticator was changed",
        format!(
            "{what} for your account at {base_url}, and other sessions were ended.\n\n\
             If it was not you, change your password there at once and tell your administrator."
        ),
    )
}

pub fn authenticator_reset(to: Email, base_url: &str, token: &str) -> Letter {
    letter(
        to,
        "Your authenticator was reset",
        format!(
            "The authenticator and the recovery codes of your account at {base_url} were taken away by whoever \
             administers it, and your sessions were ended.\n\n\
             To set up a new authenticator, sign in with your password and enter this code within 72 hours:\n\n{token}\n\n\
             If you did not ask for it, tell your administrator at once."
        ),
    )
}

pub fn recovery_code_used(to: Email, base_url: &str, left: i64) -> Letter {
    letter(
        to,
        "A recovery code was used",
        format!(
            "A recovery code of your account at {base_url} was used instead of your authenticator; {left} are left.\n\n\
             If it was not you, change your password and your authenticator there at once and tell your administrator."
        ),
    )
}

pub fn suspended(to: Email, base_url: &str, reason: &str) -> Letter {
    letter(
        to,
        "Your account was suspended",
        format!(
            "Your account at {base_url} was suspended, and its sessions were ended. The reason that was given:\n\n{reason}"
        ),
    )
}

pub fn session_ended_for_safety(to: Email, base_url: &str) -> Letter {
    letter(
        to,
        "A session was ended for safety",
        format!(
            "A token of one of your sessions at {base_url} was used twice, which happens when somebody has a copy of it.\n\n\
             That session was ended. Sign in again. If it happens again, change your password."
        ),
    )
}

pub fn invitation(to: Email, base_url: &str, kind: &str, token: &str) -> Letter {
    letter(
        to,
        "You are invited",
        format!(
            "You are invited to join {base_url} as {}.\n\n\
             To accept, enter this code and choose a password within 72 hours:\n\n{token}\n\n\
             If you don't know why you got this, do nothing.",
            kind.replace('_', " ")
        ),
    )
}
