//! How many statements something takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Connection as _, InstrumentationEvent};
use threekeys::platform::db::Conn;

use super::App;

/// Counts the statements of a connection from now on.
fn counting(conn: &mut Conn, count: &Arc<AtomicUsize>) {
    let count = count.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
}

/// With one connection for reading and one for writing, whose statements are counted.
pub async fn counted(app: App) -> (App, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let app = app
        .reconfigured(|config| {
            config.database.readers = 1;
            config.database.writers = 1;
        })
        .await;
    let (reads, writes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (of_reads, of_writes) = (reads.clone(), writes.clone());
    let read = app.state.db.read(move |conn| {
        counting(conn, &of_reads);
        Ok(())
    });
    read.await.unwrap();
    let write = move |conn: &mut Conn| {
        counting(conn, &of_writes);
        Ok(())
    };
    app.state.db.write(write, |_, _| Ok(())).await.unwrap();
    (app, reads, writes)
}
