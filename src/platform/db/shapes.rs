//! Statements that have the same text whenever they run, found by a type that stands for each.

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::Integer;

/// A statement that has the same text whenever it runs, and a type that stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Shaped<S, Q>(Q, std::marker::PhantomData<S>);

/// See [`Shaped`]. diesel finds a kept `INSERT` or `UPDATE` by its text, which it writes out for each run, and goes through
/// every part of a `SELECT` to see whether it may be kept: with a hundred columns that takes as long as the answer. This
/// finds it by `S`, which therefore stands for one statement and no other: see [`insert_one!`](crate::insert_one). Debug builds
/// refuse another.
pub fn shaped<S: 'static, Q>(statement: Q) -> Shaped<S, Q> {
    Shaped(statement, std::marker::PhantomData)
}
impl<S: 'static, Q> QueryId for Shaped<S, Q> {
    type QueryId = Shaped<S, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}
impl<S, Q: Query> Query for Shaped<S, Q> {
    type SqlType = Q::SqlType;
}
impl<S, Q, C> RunQueryDsl<C> for Shaped<S, Q> {}
impl<DB: Backend<QueryBuilder: Default>, S: 'static, Q: QueryFragment<DB>> QueryFragment<DB> for Shaped<S, Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        if cfg!(debug_assertions) {
            let mut text = DB::QueryBuilder::default();
            self.0.to_sql(&mut text, backend)?;
            demand_one_text((TypeId::of::<S>(), type_name::<DB>()), text.finish())?;
        }
        Ok(true)
    }
}

/// Refuses another statement than the one that a shape stood for before: diesel would run that one in its place.
fn demand_one_text(shape: (TypeId, &'static str), text: String) -> QueryResult<()> {
    static TEXTS: LazyLock<Mutex<HashMap<(TypeId, &str), String>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let first = texts.entry(shape).or_insert_with(|| text.clone());
    if *first == text {
        return Ok(());
    }
    let problem = format!("one shape stands for two statements: {first} and {text}");
    Err(diesel::result::Error::QueryBuilderError(problem.into()))
}

/// A [`Shaped`] statement whose rows nobody wants, as a query: see [`run`].
#[derive(Debug, Clone, Copy)]
pub struct Run<S, Q>(Shaped<S, Q>);

impl<S: 'static, Q> QueryId for Run<S, Q> {
    type QueryId = <Shaped<S, Q> as QueryId>::QueryId;
    const HAS_STATIC_QUERY_ID: bool = true;
}
impl<S, Q> Query for Run<S, Q> {
    type SqlType = Integer;
}
impl<S, Q, C> RunQueryDsl<C> for Run<S, Q> {}
impl<DB: Backend<QueryBuilder: Default>, S: 'static, Q: QueryFragment<DB>> QueryFragment<DB> for Run<S, Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        self.0.is_safe_to_cache_prepared(backend)
    }
}

/// Runs a statement that has the same text whenever it runs and returns no rows, or numbers that nobody wants; `S` stands for it,
/// as in [`shaped`]. It stays prepared. `execute` would hand diesel a reference to it, and of that diesel finds out by itself
/// whether it may be kept: part by part, and never where something is set.
///
/// # Errors
/// What the database says.
pub fn run<'query, S, Q, C>(conn: &mut C, statement: Q) -> QueryResult<()>
where
    S: 'static,
    Run<S, Q>: LoadQuery<'query, C, i32> + 'query,
{
    Run::<S, Q>(shaped(statement)).load(conn).map(|_| ())
}
