//! The two schemas: what the migrations make on either engine is the same, and is what the `table!` blocks say.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use threekeys::platform::db::Conn;

use super::sources::{literals, root, sources};
use crate::support::App;

/// A column: its type in each engine's words, and whether it may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    kind: String,
    nullable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    columns: Vec<String>,
    to: String,
    to_columns: Vec<String>,
    on_delete: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    name: String,
    unique: bool,
    columns: Vec<String>,
    /// Whether it leaves rows out.
    partial: bool,
    /// Whether it has every row in which its first column is not NULL.
    complete: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Schema {
    columns: BTreeMap<(String, String), Column>,
    keys: BTreeMap<String, Vec<String>>,
    references: BTreeMap<String, BTreeSet<Reference>>,
    indexes: BTreeMap<String, BTreeSet<Index>>,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    col: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    /// Place in the primary key, from 1; 0 outside.
    #[diesel(sql_type = BigInt)]
    key: i64,
}

#[derive(QueryableByName)]
struct ReferenceRow {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    col: String,
    #[diesel(sql_type = Text)]
    to_tab: String,
    #[diesel(sql_type = Text)]
    to_col: String,
    #[diesel(sql_type = Text)]
    on_delete: String,
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    name: String,
    /// `pk`, `u` for a constraint, `c` for an index of its own.
    #[diesel(sql_type = Text)]
    origin: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Nullable<Text>)]
    predicate: Option<String>,
    /// NULL for an expression.
    #[diesel(sql_type = Nullable<Text>)]
    col: Option<String>,
}

const SQLITE_TABLES: &str = "(SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                             AND name <> '__diesel_schema_migrations')";
const POSTGRES_TABLES: &str = "(SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace \
                               AND c.relkind IN ('r', 'p') AND c.relname <> '__diesel_schema_migrations')";

fn column_rows(conn: &mut Conn) -> QueryResult<Vec<ColumnRow>> {
    match conn {
        Conn::Sqlite(conn) => sql_query(format!(
            "SELECT t.name AS tab, c.name AS col, c.type AS kind, c.\"notnull\" = 0 AND c.pk = 0 AS nullable, c.pk AS key \
             FROM {SQLITE_TABLES} t, pragma_table_info(t.name) c"
        ))
        .load(conn),
        Conn::Pg(conn) => sql_query(format!(
            "SELECT t.relname::text AS tab, a.attname::text AS col, format_type(a.atttypid, a.atttypmod) AS kind, \
                    NOT a.attnotnull AS nullable, coalesce(array_position(k.conkey, a.attnum), 0)::bigint AS key \
             FROM {POSTGRES_TABLES} t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'"
        ))
        .load(conn),
    }
}

fn reference_rows(conn: &mut Conn) -> QueryResult<Vec<ReferenceRow>> {
    match conn {
        Conn::Sqlite(conn) => sql_query(format!(
            "SELECT t.name AS tab, CAST(f.id AS TEXT) AS name, f.\"from\" AS col, f.\"table\" AS to_tab, \
                    coalesce(f.\"to\", '(its key)') AS to_col, f.on_delete AS on_delete \
             FROM {SQLITE_TABLES} t, pragma_foreign_key_list(t.name) f ORDER BY t.name, f.id, f.seq"
        ))
        .load(conn),
        Conn::Pg(conn) => sql_query(format!(
            "SELECT t.relname::text AS tab, k.conname::text AS name, a.attname::text AS col, r.relname::text AS to_tab, \
                    b.attname::text AS to_col, \
                    CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' \
                         WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END AS on_delete \
             FROM {POSTGRES_TABLES} t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' \
             JOIN pg_class r ON r.oid = k.confrelid \
             CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (own, other, place) \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.own \
             JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = u.other ORDER BY t.relname, k.conname, u.place"
        ))
        .load(conn),
    }
}

/// Indexes of exclusion constraints are left out: SQLite has triggers in their place. What they exclude is tested where it is
/// used.
fn index_rows(conn: &mut Conn) -> QueryResult<Vec<IndexRow>> {
    match conn {
        Conn::Sqlite(conn) => sql_query(format!(
            "SELECT t.name AS tab, i.name AS name, i.origin AS origin, i.\"unique\" AS is_unique, \
                    CASE WHEN i.partial THEN (SELECT substr(s.sql, instr(s.sql, ' WHERE ') + 7) FROM sqlite_schema s \
                                              WHERE s.type = 'index' AND s.name = i.name) END AS predicate, c.name AS col \
             FROM {SQLITE_TABLES} t, pragma_index_list(t.name) i, pragma_index_info(i.name) c \
             ORDER BY t.name, i.name, c.seqno"
        ))
        .load(conn),
        Conn::Pg(conn) => sql_query(format!(
            "SELECT t.relname::text AS tab, n.relname::text AS name, \
                    CASE WHEN i.indisprimary THEN 'pk' WHEN k.oid IS NOT NULL THEN 'u' ELSE 'c' END AS origin, \
                    i.indisunique AS is_unique, pg_get_expr(i.indpred, i.indrelid) AS predicate, a.attname::text AS col \
             FROM {POSTGRES_TABLES} t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class n ON n.oid = i.indexrelid \
             LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'u' \
             CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS u (att, place) \
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.att \
             WHERE u.place <= i.indnkeyatts AND NOT i.indisexclusion ORDER BY t.relname, n.relname, u.place"
        ))
        .load(conn),
    }
}

fn read(conn: &mut Conn) -> QueryResult<Schema> {
    let mut schema = Schema::default();
    let mut keys: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    for row in column_rows(conn)? {
        if row.key > 0 {
            keys.entry(row.tab.clone()).or_default().insert(row.key, row.col.clone());
        }
        schema.columns.insert((row.tab, row.col), Column { kind: row.kind, nullable: row.nullable });
    }
    schema.keys = keys.into_iter().map(|(table, columns)| (table, columns.into_values().collect())).collect();

    let mut references: BTreeMap<(String, String), Reference> = BTreeMap::new();
    for row in reference_rows(conn)? {
        let reference = references.entry((row.tab, row.name)).or_insert_with(|| Reference {
            columns: Vec::new(),
            to: row.to_tab,
            to_columns: Vec::new(),
            on_delete: row.on_delete,
        });
        reference.columns.push(row.col);
        reference.to_columns.push(row.to_col);
    }
    for ((table, _), reference) in references {
        schema.references.entry(table).or_default().insert(reference);
    }

    let mut indexes: BTreeMap<(String, String), (IndexRow, Vec<String>)> = BTreeMap::new();
    for row in index_rows(conn)? {
        let column = row.col.clone().unwrap_or_else(|| "(an expression)".into());
        indexes.entry((row.tab.clone(), row.name.clone())).or_insert_with(|| (row, Vec::new())).1.push(column);
    }
    for (row, columns) in indexes.into_values() {
        // What SQLite names by itself is named here as PostgreSQL does it.
        let name = match (row.origin.as_str(), row.name.starts_with("sqlite_autoindex_")) {
            ("pk", _) => format!("{}_pkey", row.tab),
            ("u", true) => format!("{}_{}_key", row.tab, columns.join("_")),
            _ => row.name,
        };
        let predicate = row.predicate.map(|text| text.trim_matches(['(', ')']).to_ascii_lowercase());
        let complete = predicate
            .as_ref()
            .is_none_or(|text| Some(text.as_str()) == columns.first().map(|c| format!("{c} is not null")).as_deref());
        let index = Index { name, unique: row.is_unique, partial: predicate.is_some(), complete, columns };
        schema.indexes.entry(row.tab).or_default().insert(index);
    }
    Ok(schema)
}

// ------------------------------------------------------------------------------------------------ what the code says

struct Table {
    name: String,
    key: Vec<String>,
    /// Name, SQL type, whether it is nullable.
    columns: Vec<(String, String, bool)>,
}

/// Every `table!` block.
fn tables() -> Vec<Table> {
    let mut tables = Vec::new();
    let of_slices = std::fs::read_dir(root().join("src/schema")).unwrap().map(|entry| entry.unwrap().path());
    for file in of_slices.chain([root().join("src/platform/db/schema.rs")]) {
        let text = std::fs::read_to_string(file).unwrap();
        for block in text.split("diesel::table! {").skip(1) {
            let mut table: Option<Table> = None;
            let mut sql_name = None;
            for line in block.lines().map(str::trim) {
                if line == "}" {
                    break;
                }
                if let Some(name) = line.strip_prefix("#[sql_name = \"").and_then(|rest| rest.split('"').next()) {
                    sql_name = Some(name.to_owned());
                } else if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
                    let bare = kind.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
                    let name = sql_name.take().unwrap_or_else(|| name.to_owned());
                    let column = (name, bare.unwrap_or(kind).to_owned(), bare.is_some());
                    table.as_mut().unwrap().columns.push(column);
                } else if let Some((name, key)) = line.strip_suffix(") {").and_then(|rest| rest.split_once(" (")) {
                    let name = sql_name.take().unwrap_or_else(|| name.to_owned());
                    table =
                        Some(Table { name, key: key.split(", ").map(ToOwned::to_owned).collect(), columns: vec![] });
                }
            }
            tables.push(table.unwrap());
        }
    }
    tables
}

/// How each engine stores a SQL type: SQLite, PostgreSQL.
fn stored(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Uid" => ("BLOB", "uuid"),
        "Micros" => ("INTEGER", "timestamp with time zone"),
        "Doc" => ("TEXT", "jsonb"),
        "Text" => ("TEXT", "text"),
        "Bool" => ("INTEGER", "boolean"),
        "SmallInt" => ("INTEGER", "smallint"),
        "Integer" => ("INTEGER", "integer"),
        "BigInt" => ("INTEGER", "bigint"),
        "Float" => ("REAL", "real"),
        "Double" => ("REAL", "double precision"),
        "Binary" => ("BLOB", "bytea"),
        "Date" => ("TEXT", "date"),
        "Time" => ("TEXT", "time without time zone"),
        "Timestamp" => ("TEXT", "timestamp without time zone"),
        other => panic!("how do the engines store {other}?"),
    }
}

/// The same text on both engines for everything that a test can compare across them.
fn differences<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    database: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) -> Vec<String> {
    let keys: BTreeSet<&K> = database.keys().chain(expected.keys()).collect();
    keys.into_iter()
        .filter(|key| database.get(key) != expected.get(key))
        .map(|key| format!("{key:?}: the database has {:?}, expected {:?}", database.get(key), expected.get(key)))
        .collect()
}

async fn tables_are_what_the_code_says(app: App) {
    let postgres = app.state.db.engine().name() == "postgres";
    let schema = app.db(read).await;
    let (mut columns, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for table in tables() {
        for (column, kind, nullable) in table.columns {
            let (sqlite, pg) = stored(&kind);
            let kind = if postgres { pg } else { sqlite }.to_owned();
            columns.insert((table.name.clone(), column), Column { kind, nullable });
        }
        keys.insert(table.name, table.key);
    }
    assert!(columns.len() > 100, "the table! blocks were not found");
    let faults = [differences(&schema.columns, &columns), differences(&schema.keys, &keys)].concat();
    assert!(faults.is_empty(), "{faults:#?}");
}

async fn ids_are_foreign_keys_with_an_index_and_an_end(app: App) {
    let schema = app.db(read).await;
    let mut faults = Vec::new();
    for (table, column) in schema.columns.keys().filter(|(_, column)| column.ends_with("_id")) {
        let none = BTreeSet::new();
        let references = schema.references.get(table).unwrap_or(&none).iter();
        if references.filter(|reference| reference.columns.contains(column)).count() == 0 {
            faults.push(format!("{table}.{column} refers to nothing"));
        }
        let mut indexes = schema.indexes.get(table).into_iter().flatten();
        if !indexes.any(|index| index.columns.first() == Some(column) && index.complete) {
            faults.push(format!("{table}.{column}: no index over all rows begins with it"));
        }
    }
    for (table, references) in &schema.references {
        for reference in references {
            if !matches!(reference.on_delete.as_str(), "RESTRICT" | "CASCADE" | "SET NULL") {
                faults.push(format!("{table}: {reference:?} does not say what happens on delete"));
            }
            let empties = reference.on_delete == "SET NULL";
            for column in &reference.columns {
                if empties && !schema.columns[&(table.clone(), column.clone())].nullable {
                    faults.push(format!("{table}.{column} would be set to NULL and can't be"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

async fn uniques_in_the_code_are_unique_indexes(app: App) {
    let schema = app.db(read).await;
    let mut found = 0;
    for source in sources() {
        for unique in literals(&source, "Unique") {
            let (name, told) = (&unique["index"], &unique["columns"]);
            let table = told.split('.').next().unwrap_or_default();
            let mut indexes = schema.indexes.get(table).into_iter().flatten();
            let index = indexes.find(|index| index.name == *name);
            let index = index.unwrap_or_else(|| panic!("{}: {table} has no index {name}", source.path));
            assert!(index.unique, "{}: {name} is not unique", source.path);
            let columns: Vec<String> = index.columns.iter().map(|column| format!("{table}.{column}")).collect();
            assert_eq!(columns.join(", "), *told, "{}: columns of {name}", source.path);
            found += 1;
        }
    }
    assert!(found >= 10, "the sources were read for Unique and gave {found}");
}

// ------------------------------------------------------------------------------------------------ both engines at once

/// Both engines' schemas are compared with each other wherever they can be told in the same words.
#[test]
fn both_engines_have_the_same_keys_references_and_indexes() {
    use crate::support::engines::{Engine, database};
    let (Some(sqlite), Some(postgres)) = (database(Engine::Sqlite), database(Engine::Postgres)) else { return };
    let [sqlite, postgres] = [&sqlite, &postgres].map(|database| {
        let engine = threekeys::platform::db::Engine::parse(&database.url).unwrap();
        read(&mut engine.open().unwrap()).unwrap()
    });
    let nullable = |schema: &Schema| -> BTreeMap<(String, String), bool> {
        schema.columns.iter().map(|(name, column)| (name.clone(), column.nullable)).collect()
    };
    let faults = [
        differences(&nullable(&sqlite), &nullable(&postgres)),
        differences(&sqlite.keys, &postgres.keys),
        differences(&sqlite.references, &postgres.references),
        differences(&sqlite.indexes, &postgres.indexes),
    ]
    .concat();
    assert!(faults.is_empty(), "SQLite (the database) and PostgreSQL (expected) differ: {faults:#?}");
}

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Made {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    text: String,
}

/// Everything that the migrations made, word for word: tables, checks, indexes, triggers, functions.
fn everything(conn: &mut Conn) -> QueryResult<Vec<Made>> {
    match conn {
        Conn::Sqlite(conn) => sql_query(
            "SELECT type || ' ' || name AS name, coalesce(sql, '') AS text FROM sqlite_schema \
             WHERE name NOT LIKE 'sqlite_stat%' AND tbl_name <> '__diesel_schema_migrations' ORDER BY 1",
        )
        .load(conn),
        Conn::Pg(conn) => sql_query(
            "WITH mine AS (SELECT oid, relname::text, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                           AND relname NOT LIKE '\\_\\_diesel%') \
             SELECT * FROM ( \
                 SELECT 'column ' || m.relname || '.' || a.attname AS name, \
                        format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' \
                            || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS text \
                 FROM mine m JOIN pg_attribute a ON a.attrelid = m.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 LEFT JOIN pg_attrdef d ON d.adrelid = m.oid AND d.adnum = a.attnum WHERE m.relkind IN ('r', 'p', 'v', 'm') \
                 UNION ALL SELECT 'constraint ' || m.relname || '.' || k.conname, pg_get_constraintdef(k.oid) \
                 FROM mine m JOIN pg_constraint k ON k.conrelid = m.oid \
                 UNION ALL SELECT 'index ' || m.relname, pg_get_indexdef(m.oid) FROM mine m WHERE m.relkind IN ('i', 'I') \
                 UNION ALL SELECT 'sequence ' || m.relname, '' FROM mine m WHERE m.relkind = 'S' \
                 UNION ALL SELECT 'trigger ' || m.relname || '.' || g.tgname, pg_get_triggerdef(g.oid) \
                 FROM mine m JOIN pg_trigger g ON g.tgrelid = m.oid AND NOT g.tgisinternal \
                 UNION ALL SELECT 'function ' || p.proname, pg_get_functiondef(p.oid) \
                 FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' \
             ) made ORDER BY name",
        )
        .load(conn),
    }
}

async fn migrations_there_and_back_again_make_the_same(app: App) {
    let engine = app.state.db.engine().clone();
    let mut conn = engine.open().unwrap();
    let before = everything(&mut conn).unwrap();
    assert!(before.len() > 50, "{before:#?}");
    let reverted = conn.revert_all().unwrap();
    assert!(reverted > 0);
    let left = everything(&mut conn).unwrap();
    assert!(left.is_empty(), "the way back leaves {left:#?}");
    assert_eq!(conn.migrate().unwrap().len(), reverted);
    let after = everything(&mut conn).unwrap();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
}

both_engines![
    tables_are_what_the_code_says,
    ids_are_foreign_keys_with_an_index_and_an_end,
    uniques_in_the_code_are_unique_indexes,
    migrations_there_and_back_again_make_the_same,
];
