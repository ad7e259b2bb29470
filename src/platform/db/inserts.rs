//! Inserting rows, with as few trips to the database as may be.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};

/// Inserts one row of a type that is inserted whole (`treat_none_as_default_value = false`), as a statement that stays
/// prepared: `insert_one!(conn, things::table, Thing, row)`.
#[macro_export]
macro_rules! insert_one {
    ($conn:expr, $table:expr, $type:ty, $row:expr) => {
        $crate::on_engine!($conn, |conn| $crate::platform::db::run::<$type, _, _>(
            conn,
            diesel::insert_into($table).values($row)
        ))
    };
}

/// Inserts several rows: `insert_all!(conn, things::table, &rows)`. An empty list inserts nothing. On PostgreSQL in one
/// statement, which saves trips, and stays prepared where there is one row; on SQLite, where there are no trips, row by row with
/// one that stays prepared, because a statement for each number of rows would be prepared each time, which costs more than
/// running it. Rows of a type that is inserted whole (`treat_none_as_default_value = false`), so that they all make the same
/// statement.
#[macro_export]
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        struct Here;
        let rows: &[_] = $rows;
        match (&mut *$conn, rows) {
            ($crate::platform::db::Conn::Pg(conn), [one]) => {
                let one = diesel::insert_into($table).values(one);
                $crate::platform::db::run::<Here, _, _>(conn, one).map(|()| 1)
            }
            ($crate::platform::db::Conn::Pg(conn), rows) => {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values(rows), conn)
            }
            ($crate::platform::db::Conn::Sqlite(conn), rows) => rows.iter().try_fold(0, |sum, row| {
                let one = diesel::insert_into($table).values(row);
                $crate::platform::db::run::<Here, _, _>(conn, one).map(|()| sum + 1)
            }),
        }
    }};
}

/// Runs two inserts, each with the type that stands for it as in [`shaped`](super::shaped): `insert_both!(conn, Thing => insert,
/// Part => insert)`. The second row may refer to the first. One statement on PostgreSQL, which saves a trip; one after the other
/// on SQLite.
#[macro_export]
macro_rules! insert_both {
    ($conn:expr, $shape:ty => $insert:expr, $other_shape:ty => $other:expr) => {{
        use $crate::platform::db::{Both, Conn, run};
        match &mut *$conn {
            Conn::Pg(conn) => run::<($shape, $other_shape), _, _>(conn, Both($insert, $other)),
            Conn::Sqlite(conn) => {
                run::<$shape, _, _>(conn, $insert).and_then(|()| run::<$other_shape, _, _>(conn, $other))
            }
        }
    }};
}

/// Two inserts as one statement, on PostgreSQL: what they refer to is looked for after both.
#[derive(Debug, Clone, Copy)]
pub struct Both<A, B>(pub A, pub B);

impl<A, B, C> RunQueryDsl<C> for Both<A, B> {}
impl<A: QueryFragment<Pg>, B: QueryFragment<Pg>> QueryFragment<Pg> for Both<A, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH one AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.1.walk_ast(out.reborrow())
    }
}
