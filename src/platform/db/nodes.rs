//! The query parts that diesel's joint backend lacks, each meaning the same on both engines.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, SqlType};
use diesel::sqlite::Sqlite;

use super::connection::{Conn, MultiBackend};

// ------------------------------------------------------------------------------------------------ Portable

/// Whatever diesel can print for each engine separately, printed for whichever is connected: `ON CONFLICT`, inserts of
/// several rows, filtered aggregates, unions.
#[derive(Debug, Clone, Copy)]
pub struct Portable<Q>(Q);

/// `.portable()` on any query or expression.
pub trait PortableExt: Sized {
    /// See [`Portable`].
    fn portable(self) -> Portable<Self> {
        Portable(self)
    }
}
impl<T> PortableExt for T {}

impl<Q: QueryId> QueryId for Portable<Q> {
    type QueryId = Portable<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}
impl<Q: Query> Query for Portable<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<Conn> for Portable<Q> {}
impl<Q: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<MultiBackend> for Portable<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}
impl<Q: Expression> Expression for Portable<Q> {
    type SqlType = Q::SqlType;
}
impl<QS, Q: AppearsOnTable<QS>> AppearsOnTable<QS> for Portable<Q> {}
impl<QS, Q: SelectableExpression<QS>> SelectableExpression<QS> for Portable<Q> {}
impl<GB, Q: ValidGrouping<GB>> ValidGrouping<GB> for Portable<Q> {
    type IsAggregate = Q::IsAggregate;
}

/// Inserts several rows in one statement: `insert_all!(conn, things::table, &rows)`. diesel prints that for each engine by
/// itself only. An empty list inserts nothing.
#[macro_export]
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        match &mut *$conn {
            $crate::platform::db::Conn::Pg(conn) => {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values($rows), conn)
            }
            $crate::platform::db::Conn::Sqlite(conn) => {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values($rows), conn)
            }
        }
    };
}

// ------------------------------------------------------------------------------------------------ ByBackend

/// One meaning, two spellings.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct ByBackend<P, S> {
    pg: P,
    sqlite: S,
}

/// An expression that each engine spells differently.
pub fn by_backend<P, S>(pg: P, sqlite: S) -> ByBackend<P, S>
where
    P: Expression,
    S: Expression<SqlType = P::SqlType>,
{
    ByBackend { pg, sqlite }
}
impl<P: Expression, S: Expression<SqlType = P::SqlType>> Expression for ByBackend<P, S> {
    type SqlType = P::SqlType;
}
impl<QS, P: AppearsOnTable<QS>, S: AppearsOnTable<QS>> AppearsOnTable<QS> for ByBackend<P, S> where Self: Expression {}
impl<QS, P: SelectableExpression<QS>, S: SelectableExpression<QS>> SelectableExpression<QS> for ByBackend<P, S> where
    Self: AppearsOnTable<QS>
{
}
impl<GB, P: ValidGrouping<GB>, S: ValidGrouping<GB, IsAggregate = P::IsAggregate>> ValidGrouping<GB>
    for ByBackend<P, S>
{
    type IsAggregate = P::IsAggregate;
}
impl<P: QueryFragment<Pg>, S> QueryFragment<Pg> for ByBackend<P, S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.pg.walk_ast(pass)
    }
}
impl<P, S: QueryFragment<Sqlite>> QueryFragment<Sqlite> for ByBackend<P, S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.sqlite.walk_ast(pass)
    }
}
impl<P, S> QueryFragment<MultiBackend> for ByBackend<P, S>
where
    Self: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, pass)
    }
}

// ------------------------------------------------------------------------------------------------ locked rows

/// A query whose rows stay as they are until the transaction ends.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Locked<Q>(Q);

/// `SELECT … FOR NO KEY UPDATE` on PostgreSQL: whoever else wants to change these rows waits. On SQLite there is one
/// writer, and the query stays as it is.
pub fn locked<Q: Query>(query: Q) -> Locked<Q> {
    Locked(query)
}
impl<Q: Query> Query for Locked<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<Conn> for Locked<Q> {}
impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" FOR NO KEY UPDATE");
        Ok(())
    }
}
impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Locked<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
}
impl<Q> QueryFragment<MultiBackend> for Locked<Q>
where
    Self: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, pass)
    }
}

// ------------------------------------------------------------------------------------------------ row values

/// `(a, b) < (x, y)` or `>`: the comparison that keyset paging needs, served by an index on both engines.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct RowCompared<L, R, Op> {
    left: L,
    right: R,
    operator: std::marker::PhantomData<Op>,
}
/// Before, in a [`RowCompared`].
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct Before;
/// After, in a [`RowCompared`].
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct After;
/// How the operator is written.
pub trait Operator {
    /// With the parentheses around it.
    const SQL: &'static str;
}
impl Operator for Before {
    const SQL: &'static str = ") < (";
}
impl Operator for After {
    const SQL: &'static str = ") > (";
}

type Compared<A, B, X, Y, Op> = RowCompared<
    (A, B),
    (
        <X as AsExpression<<A as Expression>::SqlType>>::Expression,
        <Y as AsExpression<<B as Expression>::SqlType>>::Expression,
    ),
    Op,
>;

/// `row_lt((items::created_at, items::id), (instant, id))`
pub fn row_lt<A, B, X, Y>(left: (A, B), right: (X, Y)) -> Compared<A, B, X, Y, Before>
where
    A: Expression<SqlType: SqlType>,
    B: Expression<SqlType: SqlType>,
    X: AsExpression<A::SqlType>,
    Y: AsExpression<B::SqlType>,
{
    RowCompared { left, right: (right.0.as_expression(), right.1.as_expression()), operator: std::marker::PhantomData }
}

/// `row_gt((items::created_at, items::id), (instant, id))`
pub fn row_gt<A, B, X, Y>(left: (A, B), right: (X, Y)) -> Compared<A, B, X, Y, After>
where
    A: Expression<SqlType: SqlType>,
    B: Expression<SqlType: SqlType>,
    X: AsExpression<A::SqlType>,
    Y: AsExpression<B::SqlType>,
{
    RowCompared { left, right: (right.0.as_expression(), right.1.as_expression()), operator: std::marker::PhantomData }
}
impl<L: Expression, R: Expression, Op> Expression for RowCompared<L, R, Op> {
    type SqlType = Bool;
}
impl<QS, L: AppearsOnTable<QS>, R: AppearsOnTable<QS>, Op> AppearsOnTable<QS> for RowCompared<L, R, Op> {}
impl<QS, L: SelectableExpression<QS>, R: SelectableExpression<QS>, Op> SelectableExpression<QS>
    for RowCompared<L, R, Op>
{
}
impl<DB: Backend, L: QueryFragment<DB>, R: QueryFragment<DB>, Op: Operator> QueryFragment<DB>
    for RowCompared<L, R, Op>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(Op::SQL);
        self.right.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

// ------------------------------------------------------------------------------------------------ searching

/// A `LIKE` pattern that finds `needle` anywhere in a folded key column, taken literally. Use with `.escape('\\')`.
pub fn containing(needle: &str) -> String {
    let mut pattern = String::with_capacity(needle.len() + 2);
    pattern.push('%');
    for ch in crate::platform::text::fold(needle).chars() {
        if matches!(ch, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(ch);
    }
    pattern.push('%');
    pattern
}

// ------------------------------------------------------------------------------------------------ returned columns

/// `Item::columns()` for `returning(…)`, where diesel's `as_returning` knows one engine only.
pub trait Columns: Selectable<MultiBackend> {
    /// The columns that make up the row.
    fn columns() -> Self::SelectExpression {
        Self::construct_selection()
    }
}
impl<T: Selectable<MultiBackend>> Columns for T {}

// ------------------------------------------------------------------------------------------------ order

/// `… NULLS LAST`, which diesel knows for PostgreSQL only and SQLite spells the same.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct NullsLast<E>(E);

/// See [`NullsLast`].
pub fn nulls_last<E: Expression>(order: E) -> NullsLast<E> {
    NullsLast(order)
}
impl<E: Expression> Expression for NullsLast<E> {
    type SqlType = diesel::expression::expression_types::NotSelectable;
}
impl<QS, E: AppearsOnTable<QS>> AppearsOnTable<QS> for NullsLast<E> {}
impl<QS, E: SelectableExpression<QS>> SelectableExpression<QS> for NullsLast<E> {}
impl<DB: Backend, E: QueryFragment<DB>> QueryFragment<DB> for NullsLast<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" NULLS LAST");
        Ok(())
    }
}

// ------------------------------------------------------------------------------------------------ in a subquery

/// `column IN (subquery)`, also where the subquery is boxed, which diesel's `eq_any` refuses for the joint backend.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct InQuery<E, Q>(E, Q);

/// See [`InQuery`].
pub fn in_query<E, Q>(column: E, query: Q) -> InQuery<E, Q>
where
    E: Expression,
    Q: Query<SqlType = E::SqlType>,
{
    InQuery(column, query)
}
impl<GB, E: ValidGrouping<GB>, Q> ValidGrouping<GB> for InQuery<E, Q> {
    type IsAggregate = E::IsAggregate;
}
impl<E: Expression, Q: Query> Expression for InQuery<E, Q> {
    type SqlType = Bool;
}
impl<QS, E: AppearsOnTable<QS>, Q: Query> AppearsOnTable<QS> for InQuery<E, Q> {}
impl<QS, E: SelectableExpression<QS>, Q: Query> SelectableExpression<QS> for InQuery<E, Q> {}
impl<DB: Backend, E: QueryFragment<DB>, Q: QueryFragment<DB>> QueryFragment<DB> for InQuery<E, Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" IN (");
        self.1.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}
