//! What needs and partners make the partnership write.

use crate::platform::mail::Letter;
use crate::platform::text::Email;

/// Invites an organisation. The code in it is for whoever answers for the organisation.
pub fn invitation(
    to: Email,
    base_url: &str,
    organisation: &str,
    partnership: &str,
    need: Option<&str>,
    code: &str,
) -> Letter {
    let need = need.map_or_else(String::new, |need| format!("It is asked because this is needed: {need}\n\n"));
    Letter {
        to,
        subject: "Your organisation is invited to a partnership".into(),
        text: format!(
            "{organisation} is invited to become a partner of \"{partnership}\", where neighbors and police work together, \
             at {base_url}.\n\n{need}Whoever answers for the organisation signs in there and enters this code, to accept or \
             to decline:\n\n{code}\n\nIt can be used for 30 days. If you don't want to, do nothing.\n\nThis message was sent \
             by a machine. In an emergency call 911.\n"
        ),
        leave: None,
    }
}
