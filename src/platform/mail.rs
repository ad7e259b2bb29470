//! Outgoing mail: an outbox written in the transaction that wants it sent, delivered in the background by SMTP, or, where
//! no server is configured, to a folder of `.eml` files.
//!
//! Text waits sealed (it may hold one-time tokens, bound to their row) and is wiped once it is out. Each mail has one
//! `Message-ID`, so that a second delivery after a crash can be told for what it is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::State;
use super::clock::Instant;
use super::config::{Config, MailSecurity, read_secret};
use super::crypto::{Sealed, Secrets};
use super::db::Conn;
use super::db::schema::mails;
use super::error::{Error, Result};
use super::files::make_private_dir;
use super::text::Email;
use crate::{id_type, insert_all, text_enum};

id_type! {
    /// A mail in the outbox.
    MailId
}

text_enum! {
    /// Where a mail stands.
    pub enum MailState {
        /// Waits for its next attempt.
        Waiting = "waiting",
        /// Handed to the mail server or written to the folder.
        Sent = "sent",
        /// Given up after the last attempt.
        Failed = "failed",
    }
}

/// Attempts before a mail is given up; with the pauses between them (1, 2, 4 … 256 minutes) eight and a half hours.
const ATTEMPTS: i32 = 10;
/// Mails put into the outbox with one statement.
const AT_ONCE: usize = 500;
/// Mails sent in one run of the job.
const BATCH: i64 = 50;
/// After this long a run ends; what is left goes with the next.
const RUN: Duration = Duration::from_secs(5);

/// What to write to whom.
pub struct Letter {
    /// Whom.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Where an unsubscribe button leads (RFC 8058), for letters that come again and again.
    pub leave: Option<String>,
}

/// Stands between the address of the unsubscribe button and the text of a letter that has one. No text has it: control
/// characters are refused wherever text comes in.
const SEPARATOR: char = '\u{c}';

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
struct Row {
    id: MailId,
    recipient: String,
    subject: String,
    body: Option<Vec<u8>>,
    state: MailState,
    attempts: i32,
    next_attempt_at: Instant,
    created_at: Instant,
    sent_at: Option<Instant>,
}

/// Puts a letter into the outbox, in the caller's transaction.
///
/// # Errors
/// When the database can't take it.
pub fn queue(conn: &mut Conn, secrets: &Secrets, letter: Letter, now: Instant) -> Result<MailId> {
    let row = row(secrets, letter, now)?;
    let id = row.id;
    diesel::insert_into(mails::table).values(row).execute(conn)?;
    Ok(id)
}

/// Puts letters into the outbox, many with one statement.
///
/// # Errors
/// When the database can't take them.
pub fn queue_all(conn: &mut Conn, secrets: &Secrets, letters: Vec<Letter>, now: Instant) -> Result<()> {
    let rows = letters.into_iter().map(|letter| row(secrets, letter, now)).collect::<Result<Vec<_>>>()?;
    for some in rows.chunks(AT_ONCE) {
        insert_all!(conn, mails::table, some)?;
    }
    Ok(())
}

fn row(secrets: &Secrets, letter: Letter, now: Instant) -> Result<Row> {
    let id = MailId::new();
    let text = match letter.leave {
        Some(address) => format!("{address}{SEPARATOR}{}", letter.text),
        None => letter.text,
    };
    Ok(Row {
        id,
        recipient: letter.to.into(),
        subject: letter.subject,
        body: Some(secrets.seal(Sealed::Letter, id.0.as_bytes(), &text)?),
        state: MailState::Waiting,
        attempts: 0,
        next_attempt_at: now,
        created_at: now,
        sent_at: None,
    })
}

/// Texts of the letters to an address that wait to be sent, the newest first; at most ten.
///
/// # Errors
/// When the database can't be asked, or a letter can't be opened.
pub fn waiting(conn: &mut Conn, secrets: &Secrets, to: &str) -> Result<Vec<Zeroizing<String>>> {
    let rows: Vec<(MailId, Option<Vec<u8>>)> = mails::table
        .filter(mails::recipient.eq(to).and(mails::state.eq(MailState::Waiting)))
        .order((mails::created_at.desc(), mails::id.desc()))
        .limit(10)
        .select((mails::id, mails::body))
        .load(conn)?;
    let sealed = rows.into_iter().filter_map(|(id, body)| Some((id, body?)));
    sealed.map(|(id, body)| secrets.open(Sealed::Letter, id.0.as_bytes(), &body)).collect()
}

/// The way out.
pub enum Mailer {
    /// A mail server.
    Smtp(Box<SmtpTransport>, Mailbox),
    /// A folder.
    Folder(PathBuf, Mailbox),
}

impl Mailer {
    /// From the configuration.
    ///
    /// # Errors
    /// When the server's settings can't be used or the folder can't be made.
    pub fn new(config: &Config) -> Result<Self> {
        let from = config.mail.from.parse().map_err(|_| Error::fault("mail.from is not an address"))?;
        let fault = |e: &dyn std::fmt::Display| Error::fault(format!("mail: {e}"));
        let mail = &config.mail;
        if let Some(dir) = config.mail_spool() {
            // Letters hold one-time tokens.
            make_private_dir(&dir)?;
            return Ok(Self::Folder(dir, from));
        }
        let builder = match mail.smtp_security {
            MailSecurity::Tls => SmtpTransport::relay(&mail.smtp_host).map_err(|e| fault(&e))?,
            MailSecurity::Starttls => SmtpTransport::starttls_relay(&mail.smtp_host).map_err(|e| fault(&e))?,
            MailSecurity::None => SmtpTransport::builder_dangerous(&mail.smtp_host),
        };
        let mut builder = builder.port(mail.smtp_port).timeout(Some(Duration::from_secs(20)));
        if let Some(file) = &mail.smtp_password_file {
            let password = read_secret(file).map_err(|e| fault(&e))?;
            builder =
                builder.credentials(Credentials::new(mail.smtp_user.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self::Smtp(Box::new(builder.build()), from))
    }

    fn send(&self, row: &Row, text: &str) -> Result<(), String> {
        let (Self::Smtp(_, from) | Self::Folder(_, from)) = self;
        let to: Mailbox = row.recipient.parse().map_err(|e| format!("the address is not one: {e}"))?;
        let (leave, text) = match text.split_once(SEPARATOR) {
            Some((address, text)) => (Some(address), text),
            None => (None, text),
        };
        let mut message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(&row.subject)
            .date(std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(row.created_at.micros()).unwrap_or(0)))
            .message_id(Some(format!("<{}@{}>", row.id, from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        if let Some(address) = leave {
            message = message
                .raw_header(HeaderValue::new(
                    HeaderName::new_from_ascii_str("List-Unsubscribe"),
                    format!("<{address}>"),
                ))
                .raw_header(HeaderValue::new(
                    HeaderName::new_from_ascii_str("List-Unsubscribe-Post"),
                    "List-Unsubscribe=One-Click".into(),
                ));
        }
        let message = message.body(text.to_owned()).map_err(|e| e.to_string())?;
        match self {
            Self::Smtp(server, _) => server.send(&message).map(|_| ()).map_err(|e| e.to_string()),
            // Under its own name, so that one that is written again after a crash is still one.
            Self::Folder(dir, _) => {
                let (part, whole) = (dir.join(format!("{}.part", row.id)), dir.join(format!("{}.eml", row.id)));
                std::fs::write(&part, message.formatted())
                    .and_then(|()| std::fs::rename(&part, &whole))
                    .map_err(|e| e.to_string())
            }
        }
    }
}

/// Sends what is due. Returns how many went out.
///
/// # Errors
/// When the database can't be asked; a mail that can't be sent is tried again later.
pub fn deliver(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due: Vec<Row> = state.db.read_blocking(move |conn| {
        Ok(mails::table
            .filter(mails::state.eq(MailState::Waiting).and(mails::next_attempt_at.le(now)))
            .order(mails::next_attempt_at)
            .limit(BATCH)
            .select(Row::as_select())
            .load(conn)?)
    })?;
    let mut sent = 0;
    let began = std::time::Instant::now();
    for row in due {
        // A mail server that answers slowly must hold up neither the jobs that wait behind this one nor a shutdown.
        if began.elapsed() > RUN || state.shutting_down.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        let sealed = row.body.as_deref().unwrap_or_default();
        let outcome = state
            .secrets
            .open(Sealed::Letter, row.id.0.as_bytes(), sealed)
            .map_err(|e| e.to_string())
            .and_then(|text| state.mailer.send(&row, &text));
        let attempts = row.attempts + 1;
        if let Err(why) = &outcome {
            tracing::warn!(mail = %row.id, attempts, why, "a mail could not be sent");
        }
        let done = outcome.is_ok();
        sent += usize::from(done);
        state.db.write_blocking(move |conn| note(conn, row.id, attempts, done, now))?;
    }
    Ok(sent)
}

fn note(conn: &mut Conn, id: MailId, attempts: i32, done: bool, now: Instant) -> Result<()> {
    let update = diesel::update(mails::table.find(id));
    if done || attempts >= ATTEMPTS {
        let state = if done { MailState::Sent } else { MailState::Failed };
        update
            .set((
                mails::state.eq(state),
                mails::attempts.eq(attempts),
                mails::body.eq(None::<Vec<u8>>),
                mails::sent_at.eq(done.then_some(now)),
            ))
            .execute(conn)?;
    } else {
        let pause = Duration::from_secs(30) * 2_u32.pow(u32::try_from(attempts).unwrap_or(0).min(11));
        update.set((mails::attempts.eq(attempts), mails::next_attempt_at.eq(now.plus(pause)))).execute(conn)?;
    }
    Ok(())
}
