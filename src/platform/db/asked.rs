//! What several people ask in the same way at about the same time, answered by one statement where a trip to the database is
//! dear.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType};
use uuid::Uuid;

use super::types::{AnyId, sql};
use crate::platform::faults::is_planted;
use crate::platform::keys::Claims;

/// Somebody with a session who asks for something with an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The session, as it is claimed.
    pub session: Uuid,
    /// The account, as it is claimed.
    pub account: Uuid,
    /// What is asked for.
    pub object: Uuid,
}

impl Asked {
    /// By whoever has these claims, for this.
    pub const fn by(claims: &Claims, object: Uuid) -> Self {
        Self { session: claims.sid, account: claims.sub, object }
    }
    /// Session, account and object.
    pub fn givens(self) -> Givens {
        [self.session, self.account, self.object].map(AnyId)
    }
}

/// An id in a statement that one or several ask: a value, or a column of the list of those who ask.
#[derive(Debug, Clone, Copy)]
pub enum Given {
    /// A value.
    Value(AnyId),
    /// A column of [`ForEach`].
    Column(&'static str),
}

impl<I: Into<Uuid>> From<I> for Given {
    fn from(id: I) -> Self {
        Self::Value(AnyId(id.into()))
    }
}
impl Expression for Given {
    type SqlType = sql::Uid;
}
impl<QS> AppearsOnTable<QS> for Given {}
impl<QS> SelectableExpression<QS> for Given {}
impl<GB> ValidGrouping<GB> for Given {
    type IsAggregate = is_aggregate::Never;
}
impl diesel::query_builder::QueryId for Given {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<DB: Backend + HasSqlType<sql::Uid>> QueryFragment<DB> for Given
where
    AnyId: ToSql<sql::Uid, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match self {
            Self::Value(id) => out.push_bind_param::<sql::Uid, _>(id),
            Self::Column(name) => {
                out.push_sql(name);
                Ok(())
            }
        }
    }
}

/// What a statement is given for each of several: three ids.
pub type Givens = [AnyId; 3];

/// Stands for the statement that `S` stands for, asked for several.
#[derive(Debug)]
pub struct Several<S>(std::marker::PhantomData<S>);

/// A query asked for each of several, over [`COLUMNS`](Self::COLUMNS).
#[derive(Debug)]
pub struct ForEach<Q>([Vec<AnyId>; 3], Q);

impl ForEach<()> {
    /// What each is given.
    pub const COLUMNS: [Given; 3] =
        [Given::Column("asked.one"), Given::Column("asked.two"), Given::Column("asked.three")];
}
impl<Q: Query> ForEach<Q> {
    /// The rows of `query` for each, with the place that each has among them, from 1.
    pub fn new(asked: &[Givens], query: Q) -> Self {
        Self([0, 1, 2].map(|n| asked.iter().filter_map(|givens| givens.get(n)).copied().collect()), query)
    }
}
impl<Q: Query> Query for ForEach<Q> {
    type SqlType = (BigInt, Q::SqlType);
}
impl<Q, C> RunQueryDsl<C> for ForEach<Q> {}
impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for ForEach<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self([one, two, three], query) = self;
        // Selected, so that a plan for any number of them is not held for dearer than one for few, which would be made anew for
        // every statement and take longer than the answer.
        out.push_sql("SELECT asked.place, found.* FROM unnest((SELECT ");
        out.push_bind_param::<Array<sql::Uid>, _>(one)?;
        out.push_sql("::uuid[]), (SELECT ");
        out.push_bind_param::<Array<sql::Uid>, _>(two)?;
        out.push_sql("::uuid[]), (SELECT ");
        out.push_bind_param::<Array<sql::Uid>, _>(three)?;
        out.push_sql("::uuid[])) WITH ORDINALITY AS asked(one, two, three, place), LATERAL (");
        query.walk_ast(out.reborrow())?;
        out.push_sql(") AS found");
        Ok(())
    }
}

/// The rows of a query for each of several: `find_each!(conn, Shape, givens, |[one, two, three]| query)`, or of a query that has
/// one row at most: `find_each!(conn, Shape, one of givens, …)`. `Shape` stands for the statement, as in
/// [`shaped`](super::shaped). One statement on PostgreSQL; on SQLite, where there are no trips, one after the other.
#[macro_export]
macro_rules! find_each {
    ($conn:expr, $shape:ty, one of $givens:expr, |$given:pat_param| $query:expr) => {
        // No look for another row.
        $crate::find_each!(@ $conn, $shape, $givens, |$given| $query, |statement, own| {
            statement.get_result(own).optional().map(|row| row.into_iter().collect())
        })
        .map(|found| found.into_iter().map(|mut rows: Vec<_>| rows.pop()).collect::<Vec<_>>())
    };
    ($conn:expr, $shape:ty, $givens:expr, |$given:pat_param| $query:expr) => {
        $crate::find_each!(@ $conn, $shape, $givens, |$given| $query, |statement, own| statement.load(own))
    };
    (@ $conn:expr, $shape:ty, $givens:expr, |$given:pat_param| $query:expr, |$statement:ident, $own:ident| $run:expr) => {{
        use diesel::prelude::*;
        use $crate::platform::db::{Conn, ForEach, Given, Givens, Several, placed, shaped};
        let givens: &[Givens] = $givens;
        match &mut *$conn {
            Conn::Pg(conn) => {
                let $given = ForEach::COLUMNS;
                let each = ForEach::new(givens, $query);
                shaped::<Several<$shape>, _>(each).load(conn).map(|rows| placed(givens.len(), rows))
            }
            Conn::Sqlite($own) => givens
                .iter()
                .map(|given| {
                    let $given = given.map(Given::Value);
                    let $statement = shaped::<$shape, _>($query);
                    $run
                })
                .collect::<QueryResult<Vec<Vec<_>>>>(),
        }
    }};
}

/// Rows by the place of whoever they are for, from 1; a list for each of `many`.
pub fn placed<T>(many: usize, rows: Vec<(i64, T)>) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(many).collect();
    for (mut place, row) in rows {
        if is_planted("tells_the_neighbour") {
            place = place % i64::try_from(many).unwrap_or(1) + 1;
        }
        if let Some(found) = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place)) {
            found.push(row);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_to_whoever_asked_for_them() {
        assert_eq!(placed(3, vec![(3, 'c'), (1, 'a'), (3, 'd')]), [vec!['a'], Vec::new(), vec!['c', 'd']]);
        assert_eq!(placed(1, vec![(0, 'a'), (2, 'b')]), [Vec::<char>::new()], "to nobody else");
        assert!(placed::<char>(0, Vec::new()).is_empty());
    }
}
