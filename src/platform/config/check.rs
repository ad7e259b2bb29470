//! What is refused: values out of bounds, and settings that would be unsafe.

use std::net::IpAddr;

use super::{Config, Invalid, MailSecurity, postgres_url};
use crate::platform::db::Engine;

impl Config {
    /// What is unsafe or makes no sense, one line each.
    ///
    /// # Errors
    /// When there is any.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut faults = Vec::new();
        let mut demand = |holds: bool, line: &str| {
            if !holds {
                faults.push(line.to_owned());
            }
        };
        match self.engine() {
            Err(why) => demand(false, &format!("database.url: {why}")),
            Ok(Engine::Postgres { url }) => demand(
                postgres_url::is_address(&url),
                "database.url: DATABASE_URL is not a valid address of a PostgreSQL database: percent-encode special characters in its user name and password (RFC 3986, 2.1)",
            ),
            Ok(Engine::Sqlite { .. }) => {}
        }
        let base = self.server.base_url.as_str();
        let base_host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        demand(
            base_host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#'])),
            "server.base_url: must be http:// or https:// and a host, without a path",
        );
        demand(
            base.starts_with("https://") || base_host.is_some_and(is_this_machine),
            "server.base_url: must be https:// unless it names this machine: tokens would travel in the clear (let a proxy end TLS)",
        );
        match self.metrics_listen() {
            Ok(None) => {}
            Ok(Some(address)) => {
                demand(
                    address.ip().is_loopback(),
                    "server.metrics_listen: must be a loopback address: metrics are not for strangers",
                );
                demand(
                    address != self.server.listen || address.port() == 0,
                    "server.metrics_listen: must differ from server.listen",
                );
            }
            Err(line) => demand(false, &line),
        }
        for line in self.volunteering.faults() {
            demand(false, line);
        }
        for origin in &self.server.cors_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            demand(
                host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*'])),
                &format!("server.cors_origins: {origin:?} is not an exact origin like https://app.example.org"),
            );
        }
        for (value, low, high, name) in [
            (self.server.head_timeout_seconds, 1, 60, "server.head_timeout_seconds"),
            (self.server.body_timeout_seconds, 1, 300, "server.body_timeout_seconds"),
            (self.server.request_timeout_seconds, 1, 300, "server.request_timeout_seconds"),
            (self.server.keep_alive_seconds, 1, 300, "server.keep_alive_seconds"),
            (self.server.drain_milliseconds, 0, 60_000, "server.drain_milliseconds"),
            (self.server.shutdown_timeout_seconds, 1, 300, "server.shutdown_timeout_seconds"),
            (self.server.body_limit_bytes as u64, 16_384, 16_777_216, "server.body_limit_bytes"),
            (self.server.max_connections as u64, 1, 100_000, "server.max_connections"),
            (self.server.workers as u64, 0, 256, "server.workers"),
            (self.database.readers as u64, 0, 256, "database.readers"),
            (self.database.writers as u64, 1, 256, "database.writers"),
            (self.database.queue as u64, 1, 100_000, "database.queue"),
            (self.database.wait_milliseconds, 10, 60_000, "database.wait_milliseconds"),
            (self.data.key_rotation_days, 30, 90, "data.key_rotation_days"),
            (self.sessions.access_minutes, 1, 15, "sessions.access_minutes"),
            (self.sessions.access_minutes_staff, 1, 15, "sessions.access_minutes_staff"),
            (self.sessions.idle_hours, 1, 2160, "sessions.idle_hours"),
            (self.sessions.absolute_hours, 1, 8760, "sessions.absolute_hours"),
            (self.sessions.idle_minutes_staff, 5, 720, "sessions.idle_minutes_staff"),
            (self.sessions.absolute_hours_staff, 1, 24, "sessions.absolute_hours_staff"),
            (self.sessions.per_account as u64, 1, 1000, "sessions.per_account"),
            (u64::from(self.passwords.memory_kib), 19_456, 1_048_576, "passwords.memory_kib"),
            (u64::from(self.passwords.iterations), 2, 20, "passwords.iterations"),
            (self.passwords.threads as u64, 0, 64, "passwords.threads"),
            (self.passwords.queue as u64, 1, 1024, "passwords.queue"),
            (u64::from(self.limits.anonymous_per_minute), 1, 1_000_000, "limits.anonymous_per_minute"),
            (u64::from(self.limits.reads_per_minute), 1, 1_000_000, "limits.reads_per_minute"),
            (u64::from(self.limits.writes_per_minute), 1, 1_000_000, "limits.writes_per_minute"),
            (u64::from(self.limits.logins_per_minute), 1, 1_000_000, "limits.logins_per_minute"),
            (u64::from(self.limits.registrations_per_hour), 1, 1_000_000, "limits.registrations_per_hour"),
            (u64::from(self.limits.login_failures), 3, 100, "limits.login_failures"),
            (u64::from(self.limits.resets_per_hour), 1, 100, "limits.resets_per_hour"),
        ]
        .into_iter()
        .chain(self.consensus.bounds())
        .chain(self.meetings.bounds())
        {
            demand((low..=high).contains(&value), &format!("{name}: must be {low} to {high}, is {value}"));
        }
        demand(
            self.mail.from.parse::<lettre::message::Mailbox>().is_ok(),
            "mail.from: must be an address, like Threekeys <threekeys@example.org>",
        );
        demand(
            self.mail.smtp_security != MailSecurity::None
                || matches!(self.mail.smtp_host.as_str(), "" | "localhost" | "127.0.0.1" | "::1"),
            "mail.smtp_security: none is only for a mail server on this machine",
        );
        demand(
            self.mail.smtp_user.is_empty() == self.mail.smtp_password_file.is_none(),
            "mail.smtp_user and mail.smtp_password_file: give both or neither",
        );
        demand(
            tracing_subscriber::EnvFilter::try_new(&self.log.filter).is_ok(),
            "log.filter: must be a tracing filter, like info or threekeys=debug",
        );
        demand(
            self.log.otlp_endpoint.is_empty() || cfg!(feature = "otlp"),
            "log.otlp_endpoint: this binary was built without the otlp feature",
        );
        if faults.is_empty() { Ok(()) } else { Err(Invalid(faults)) }
    }
}

fn is_this_machine(host_and_port: &str) -> bool {
    let host = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host_and_port.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
