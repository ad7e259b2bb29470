//! The query parts that diesel's joint backend lacks, each meaning the same on both engines.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Bool, HasSqlType, Nullable, SqlType, is_nullable};
use diesel::sqlite::Sqlite;

use super::connection::{Conn, MultiBackend};
use super::shapes::run;
use crate::platform::crypto::sha256;
use crate::platform::faults::is_planted;

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

/// Runs a query on the connected engine's own connection: `on_engine!(conn, |conn| query.load(conn))`.
///
/// The query is written once and compiled for each engine. Through the joint connection diesel writes the SQL text out anew,
/// twice, each time a query runs, though the statement is prepared already, and looks up the engine for every value of
/// every row: for rows of thirty columns that takes longer than SQLite does. So what runs in most requests goes this way.
/// `|conn: Engine|` also names the engine, for `into_boxed::<Engine>()`.
#[macro_export]
macro_rules! on_engine {
    ($conn:expr, |$own:ident: $engine:ident| $query:expr) => {
        match &mut *$conn {
            $crate::platform::db::Conn::Pg($own) => {
                type $engine = diesel::pg::Pg;
                $query
            }
            $crate::platform::db::Conn::Sqlite($own) => {
                type $engine = diesel::sqlite::Sqlite;
                $query
            }
        }
    };
    ($conn:expr, |$own:ident| $query:expr) => {
        match &mut *$conn {
            $crate::platform::db::Conn::Pg($own) => $query,
            $crate::platform::db::Conn::Sqlite($own) => $query,
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
impl<Q, C> RunQueryDsl<C> for Locked<Q> {}
impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        if !is_planted("holds_nothing") {
            pass.push_sql(" FOR NO KEY UPDATE");
        }
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

/// Makes other transactions wait that want to change the rows of a query, until this one ends. Nothing is asked on SQLite, where
/// this is the only transaction that writes.
///
/// # Errors
/// When the database can't be asked, or others hold the rows for too long.
pub fn hold<Q>(conn: &mut Conn, rows: Q) -> QueryResult<()>
where
    Q: Query,
    Locked<Q>: ExecuteDsl<PgConnection>,
{
    match conn {
        Conn::Pg(conn) => locked(rows).execute(conn).map(|_| ()),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Makes other transactions wait that hold something of one of these names, until this one ends: for what is not there yet and
/// must be made once, where a row that stands for all of its kind would make everybody wait for everybody. Taken in one order,
/// so that nobody waits for who waits for them. Nothing is asked on SQLite, where this is the only transaction that writes.
///
/// # Errors
/// When the database can't be asked, or others hold one for too long.
pub fn hold_names(conn: &mut Conn, names: impl IntoIterator<Item = i64>) -> QueryResult<()> {
    /// Stands for the statement.
    struct Names;
    let Conn::Pg(conn) = conn else { return Ok(()) };
    let mut names: Vec<i64> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    let hold = "SELECT count(pg_advisory_xact_lock(name))::int4 FROM unnest($1::bigint[]) AS name";
    run::<Names, _, _>(conn, diesel::sql_query(hold).bind::<Array<BigInt>, _>(names))
}

/// A name for [`hold_names`]: the beginning of a digest. Two things that have one name by chance wait for each other and are none
/// the worse.
pub fn name_to_hold(of: &[&[u8]]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = sha256(of);
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

// ------------------------------------------------------------------------------------------------ two in one

/// Two queries asked as one.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Together<A, B>(A, B);

/// Each row of the one beside each row of the other, in one trip to the database: for what is always wanted together and
/// belongs to nothing in common. Where either has no rows, there are none.
pub fn together<A: Query, B: Query>(one: A, other: B) -> Together<A, B> {
    Together(one, other)
}
impl<A: Query, B: Query> Query for Together<A, B> {
    type SqlType = (A::SqlType, B::SqlType);
}
impl<A, B, C> RunQueryDsl<C> for Together<A, B> {}
impl<DB: Backend, A: QueryFragment<DB>, B: QueryFragment<DB>> QueryFragment<DB> for Together<A, B> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        joined(out, (&self.0, &self.1), "JOIN")
    }
}

/// A query asked as one with another that may find nothing.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct WithAny<A, B>(A, B);

/// [`together`], but the rows of the one are there also where the other has none.
pub fn with_any<A: Query, B: Query>(one: A, other: B) -> WithAny<A, B> {
    WithAny(one, other)
}
impl<A: Query, B: Query<SqlType: SqlType<IsNull = is_nullable::NotNull>>> Query for WithAny<A, B> {
    type SqlType = (A::SqlType, Nullable<B::SqlType>);
}
impl<A, B, C> RunQueryDsl<C> for WithAny<A, B> {}
impl<DB: Backend, A: QueryFragment<DB>, B: QueryFragment<DB>> QueryFragment<DB> for WithAny<A, B> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        joined(out, (&self.0, &self.1), "LEFT JOIN")
    }
}

/// The rows of the one joined in this way with all of the other's.
fn joined<'b, DB: Backend>(
    mut out: AstPass<'_, 'b, DB>,
    (one, other): (&'b impl QueryFragment<DB>, &'b impl QueryFragment<DB>),
    join: &str,
) -> QueryResult<()> {
    out.push_sql("SELECT * FROM (");
    one.walk_ast(out.reborrow())?;
    out.push_sql(") AS one ");
    out.push_sql(join);
    out.push_sql(" (");
    other.walk_ast(out.reborrow())?;
    out.push_sql(") AS other ON TRUE");
    Ok(())
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

// ------------------------------------------------------------------------------------------------ beside the index

/// A condition that no index is chosen for.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub struct Beside<E>(E);

/// `(…) IS TRUE`. Without statistics SQLite takes one index with an equal column for as good as another; this says of a
/// condition that it only picks among the rows that the others lead to.
pub fn beside<E: Expression<SqlType = Bool>>(condition: E) -> Beside<E> {
    Beside(condition)
}
impl<E: Expression> Expression for Beside<E> {
    type SqlType = Bool;
}
impl<QS, E: AppearsOnTable<QS>> AppearsOnTable<QS> for Beside<E> {}
impl<QS, E: SelectableExpression<QS>> SelectableExpression<QS> for Beside<E> {}
impl<DB: Backend, E: QueryFragment<DB>> QueryFragment<DB> for Beside<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") IS TRUE");
        Ok(())
    }
}

// ------------------------------------------------------------------------------------------------ in a list

/// `column IN (…)` a list of values, as a statement that is prepared once and not anew for every list.
#[derive(Debug, Clone)]
pub struct Among<C, T>(C, Vec<T>);

/// See [`Among`]. diesel's own `eq_any` makes a statement on SQLite that is never kept, and preparing it costs more than
/// running it. This prints lists of 1, 2, 4, 8… places, the last value in all that are left over, so that few statements
/// serve every length; on PostgreSQL the list is one array. An empty list has nothing in it. Of columns that can't be null.
pub fn among<C, T>(column: C, values: impl IntoIterator<Item = T>) -> Among<C, T>
where
    C: Expression,
{
    Among(column, values.into_iter().collect())
}
impl<C, T> QueryId for Among<C, T> {
    type QueryId = ();
    // How many places there are decides which statement it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<GB, C: ValidGrouping<GB>, T> ValidGrouping<GB> for Among<C, T> {
    type IsAggregate = C::IsAggregate;
}
impl<C: Expression, T> Expression for Among<C, T> {
    type SqlType = Bool;
}
impl<QS, C: AppearsOnTable<QS>, T> AppearsOnTable<QS> for Among<C, T> {}
impl<QS, C: SelectableExpression<QS>, T> SelectableExpression<QS> for Among<C, T> {}
impl<C, T> QueryFragment<Pg> for Among<C, T>
where
    C: Expression<SqlType: SqlType> + QueryFragment<Pg>,
    Pg: HasSqlType<Array<C::SqlType>>,
    Vec<T>: ToSql<Array<C::SqlType>, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<C::SqlType>, _>(&self.1)?;
        out.push_sql(")");
        Ok(())
    }
}
impl<C, T> QueryFragment<Sqlite> for Among<C, T>
where
    C: Expression<SqlType: SqlType> + QueryFragment<Sqlite>,
    Sqlite: HasSqlType<C::SqlType>,
    T: ToSql<C::SqlType, Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Some(last) = self.1.last() else {
            out.push_sql("0 = 1");
            return Ok(());
        };
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" IN (");
        let places = self.1.len().next_power_of_two();
        for (n, value) in self.1.iter().chain(std::iter::repeat(last)).take(places).enumerate() {
            if n > 0 {
                out.push_sql(", ");
            }
            out.push_bind_param::<C::SqlType, _>(value)?;
        }
        out.push_sql(")");
        Ok(())
    }
}
impl<C, T> QueryFragment<MultiBackend> for Among<C, T>
where
    Self: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, pass)
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
