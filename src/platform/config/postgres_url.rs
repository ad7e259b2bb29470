//! Whether an address of a PostgreSQL database has the form that libpq takes.
//!
//! libpq puts the part of an address that it can't read into its message, and that part is the password as soon as the
//! password has a character that should have been encoded. So it is looked at before libpq sees it, and somewhat stricter:
//! what separates the parts of an address stands for itself nowhere in them.

/// Whether this is an address like `postgres://USER:PASSWORD@HOST:PORT/NAME?KEY=VALUE`. All but the scheme may be missing;
/// there may be several hosts, separated by commas, each with a port of its own.
pub fn is_address(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return false;
    };
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) || !is_encoded(rest) {
        return false;
    }
    let (place, options) = match rest.split_once('?') {
        Some((place, options)) => (place, Some(options)),
        None => (rest, None),
    };
    let hosts_and_name = match place.split_once('@') {
        Some((person, after)) if !person.contains('/') && !after.contains('@') => after,
        Some(_) => return false,
        // Without a slash before it, libpq takes what stands before an @ among the options for a user.
        None if !place.contains('/') && options.is_some_and(|options| options.contains('@')) => return false,
        None => place,
    };
    let hosts = hosts_and_name.split('/').next().unwrap_or_default();
    hosts.split(',').all(is_host)
        && options.is_none_or(|options| options.is_empty() || options.split('&').all(is_option))
}

/// Whether two hexadecimal digits follow on each `%`, which are not those of the end of a text in C.
fn is_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit) && digits != b"00")
    })
}

/// Whether this is a host, an IPv6 address in brackets or nothing, and a port, if there is one.
fn is_host(text: &str) -> bool {
    let port = match text.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some(("", _)) | None => return false,
            Some((_, "")) => return true,
            Some((_, after)) => match after.strip_prefix(':') {
                Some(port) => port,
                None => return false,
            },
        },
        None => text.split_once(':').map_or("", |(_, port)| port),
    };
    // libpq takes a colon with nothing behind it for the usual port.
    port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether this is a key and its value, such as `sslmode=require`.
fn is_option(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, value)| {
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !value.contains('=')
    })
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn what_libpq_takes_is_an_address() {
        for url in [
            "postgres://",
            "postgresql://",
            "postgres:///name",
            "postgres://host",
            "postgres://host/name",
            "postgres://host:5432/name",
            "postgres://host:/name",
            "postgres://:5432/name",
            "postgres://user@host/name",
            "postgres://user@/name?host=/run/postgresql",
            "postgres://user@/name?host=%2Frun%2Fpostgresql&port=5433",
            "postgres:///name?host=/run/postgresql&user=me",
            "postgres:///name?user=me@here",
            "postgres://user:@host/name",
            "postgres://user:pass:word@host/name",
            "postgres://user:p%40ss%2fw%25rd@host/name",
            "postgres://u%C3%BCser:pass@host/name",
            "postgres://user:pass@host/name?",
            "postgres://user:pass@host?sslmode=require",
            "postgres://user:pass@host:65535/name?sslmode=verify-full&application_name=three%20keys",
            "postgres://user@one:1,two,three:3/name?target_session_attrs=read-write",
            "postgres://user@[::1]/name",
            "postgres://user@[2001:db8::1]:5432,[2001:db8::2]/name",
            "postgresql://user:pass@db.example.org/name",
        ] {
            assert!(is_address(url), "{url}");
        }
    }

    #[test]
    fn what_libpq_would_tell_a_part_of_is_none() {
        for url in [
            "postgres://u:secret%pw@127.0.0.1/db",
            "postgres://u:sec ret@h/db",
            "postgres://u:secret/pw@h:5432/db",
            "postgres://u:secr@tpw@h/db",
            "postgres://u:secret%@h/db",
            "postgres://u:secret%4@h/db",
            "postgres://u:secret%\u{e9}@h/db",
            "postgres://u:secret%00@h/db",
            "postgres://u:secret\t@h/db",
            "postgres://u:secret\u{a0}@h/db",
            "postgres://u:secret@h/db\n",
            "postgres://u:sec?ret@h/db",
            "postgres://u:secret@[::1]x/db",
            "postgres://u:secret@[::1/db",
            "postgres://u:secret@[]/db",
            "postgres://u:secret@::1/db",
            "postgres://u:secret",
            "postgres://u@h:0/db",
            "postgres://u@h:65536/db",
            "postgres://u@h:+1/db",
            "postgres://u@one:1,two:x/db",
            "postgres://h?password=sec@ret",
            "postgres://h/db?password=sec&ret",
            "postgres://h/db?password=sec=ret",
            "postgres://h/db?pass%77ord=secret",
            "postgres://h/db?=secret",
            "mysql://u@h/db",
        ] {
            assert!(!is_address(url), "{url}");
        }
    }
}
