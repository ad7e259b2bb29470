//! A thousand ways to tamper with the record, behind the triggers' back: verifying finds every one.

use std::cell::Cell;

use diesel::connection::SimpleConnection as _;
use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::json;
use threekeys::platform::db::{AnyId, Conn};
use threekeys::platform::error::Error;
use threekeys::platform::record::Record;
use threekeys::platform::record::seal::{Anchor, GENESIS, link};
use threekeys::platform::record::verify::verify;
use threekeys::schema::records;

use super::chance::Chance;
use super::server::say;
use crate::support::App;

const TAMPERINGS: usize = 1000;
const RECORDS: i64 = 40;

/// Columns with what is put into them; each is another value than what stands there.
const COLUMNS: [(&str, &str); 17] = [
    ("id", "$uuid"),
    ("at", "$later"),
    ("actor", "$uuid"),
    ("session", "$uuid"),
    ("side", "'$text'"),
    ("ip", "'$text'"),
    ("client", "'$text'"),
    ("action", "'$text'"),
    ("object_type", "'$text'"),
    ("object", "$uuid"),
    ("partnership", "$uuid"),
    ("outcome", "CASE outcome WHEN 'done' THEN 'denied' ELSE 'done' END"),
    ("visibility", "CASE visibility WHEN 'public' THEN 'restricted' ELSE 'public' END"),
    ("reason", "'$text'"),
    ("request", "'$text'"),
    ("changed", "'[\"$text\"]'"),
    ("facts", "'{\"$text\": 1}'"),
];
/// Columns that may be emptied where something stands in them.
const EMPTIED: [&str; 5] = ["actor", "session", "ip", "request", "object"];

fn all(conn: &mut Conn) -> QueryResult<Vec<Record>> {
    records::table.order(records::seq).select(Record::as_select()).load(conn)
}

/// What somebody does who knows how the chain is made, and has every right but the anchors' key.
fn chain_anew(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute("UPDATE records SET seq = seq + 1000000")?;
    let mut hash = GENESIS.to_vec();
    for (n, record) in all(conn)?.into_iter().enumerate() {
        let seq = i64::try_from(n).unwrap() + 1;
        hash = link(&hash, &record, seq).to_vec();
        diesel::update(records::table.find(record.id))
            .set((records::seq.eq(seq), records::hash.eq(&hash)))
            .execute(conn)?;
    }
    Ok(())
}

fn literal(conn: &Conn, template: &str, chance: &mut Chance) -> String {
    let uuid = uuid::Uuid::from_u64_pair(chance.next(), chance.next());
    let (uuid, later) = match conn {
        Conn::Pg(_) => (format!("'{uuid}'"), "at + interval '1 microsecond'"),
        Conn::Sqlite(_) => (format!("x'{}'", uuid.simple()), "at + 1"),
    };
    template.replace("$uuid", &uuid).replace("$later", later).replace("$text", &format!("x{}", chance.next() % 1000))
}

/// Tampers once; says how.
fn tamper(conn: &mut Conn, chance: &mut Chance) -> QueryResult<String> {
    let records = all(conn)?;
    let seq = records[chance.below(records.len())].seq.unwrap();
    let other = records[chance.below(records.len())].seq.unwrap();
    let other = if other == seq { seq % RECORDS + 1 } else { other };
    let mut done = match chance.below(12) {
        0..5 => {
            let (column, value) = chance.one_of(&COLUMNS);
            format!("UPDATE records SET {column} = {} WHERE seq = {seq}", literal(conn, value, chance))
        }
        5 => {
            let column = chance.one_of(&EMPTIED);
            let somewhere = format!("seq = (SELECT min(seq) FROM records WHERE seq >= {seq} AND {column} IS NOT NULL)");
            format!("UPDATE records SET {column} = NULL WHERE {somewhere}")
        }
        6 => format!("DELETE FROM records WHERE seq = {seq}"),
        7 => format!("DELETE FROM records WHERE seq >= {seq}"),
        8 => format!("UPDATE records SET seq = NULL, hash = NULL WHERE seq = {seq}"),
        9 => format!(
            "UPDATE records SET seq = 999999 WHERE seq = {seq}; UPDATE records SET seq = {seq} WHERE seq = {other}; \
             UPDATE records SET seq = {other} WHERE seq = 999999"
        ),
        10 => {
            // One more in the middle; what follows moves on.
            conn.batch_execute(&format!("UPDATE records SET seq = seq + 1000000 WHERE seq >= {seq}"))?;
            let mut more = records.into_iter().find(|record| record.seq == Some(other)).unwrap();
            (more.id, more.seq) = (AnyId::new(), Some(seq));
            diesel::insert_into(records::table).values(more).execute(conn)?;
            "UPDATE records SET seq = seq - 999999 WHERE seq >= 1000000".to_owned()
        }
        _ => format!(
            "UPDATE records SET hash = {}",
            match conn {
                Conn::Pg(_) => format!("'\\x{:064x}'::bytea WHERE seq = {seq}", chance.next()),
                Conn::Sqlite(_) => format!("x'{:064x}' WHERE seq = {seq}", chance.next()),
            }
        ),
    };
    conn.batch_execute(&done)?;
    // Half of them are covered up with a chain that fits; that would only mend a hash.
    let alone = done.starts_with("UPDATE records SET hash");
    if !alone && chance.below(2) == 0 && records::table.select(max(records::seq)).first::<Option<i64>>(conn)?.is_some()
    {
        conn.batch_execute("DELETE FROM records WHERE seq IS NULL")?;
        chain_anew(conn)?;
        done.push_str("; chained anew");
    }
    Ok(done)
}

async fn a_thousand_tamperings_with_the_record_are_all_detected(app: App) {
    let ann = app.citizen().await;
    for version in 1..=RECORDS {
        let alias = json!({"alias": format!("Owl {version}")});
        app.patch("/account").by(&ann).if_match(version).json(alias).send().await.expect(200);
        if version % 10 == 0 {
            app.run_job("seal_record").await;
            app.run_job("anchor_record").await;
        }
    }
    let anchors = Anchor::read(&app.state.config.data.anchors()).unwrap();
    assert_eq!(anchors.len(), 4);
    app.db(|conn| match conn {
        Conn::Sqlite(conn) => conn.batch_execute(
            "DROP TRIGGER records_refuse_update; DROP TRIGGER records_refuse_delete; DROP TRIGGER records_refuse_replace",
        ),
        Conn::Pg(conn) => conn.batch_execute("ALTER TABLE records DISABLE TRIGGER USER"),
    })
    .await;
    let key = app.state.keys.anchor_public();
    let whole = {
        let (anchors, key) = (anchors.clone(), key.clone());
        move |conn: &mut Conn| verify(conn, &anchors, &key)
    };
    let report = app.state.db.read(whole.clone()).await.unwrap();
    assert_eq!((report.sealed, report.findings.len()), (RECORDS, 0));
    let covered = Cell::new(0);
    let mut chance = Chance::new();
    for n in 0..TAMPERINGS {
        let (look, mut own) = (whole.clone(), Chance::seeded(chance.next()));
        // An error undoes it, and carries what happened.
        let told = app.state.db.write::<()>(
            move |conn| {
                let done = tamper(conn, &mut own)?;
                let seen = look(conn).map_or(true, |report| !report.findings.is_empty());
                Err(Error::conflict(format!("{} {done}", if seen { "detected" } else { "MISSED" })))
            },
            |_, _| Ok(()),
        );
        let told = told.await.unwrap_err();
        assert!(told.detail().starts_with("detected "), "{n}: {told}");
        covered.set(covered.get() + usize::from(told.detail().ends_with("anew")));
    }
    let report = app.state.db.read(whole).await.unwrap();
    assert_eq!((report.sealed, report.findings.len()), (RECORDS, 0), "all was undone");
    say(&format!("{TAMPERINGS} tamperings detected, {} of them under a chain made anew", covered.get()));
}

both_engines![a_thousand_tamperings_with_the_record_are_all_detected];
