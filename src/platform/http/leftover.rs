//! Bodies that nobody reads. Whoever refuses a request, or answers it without its body, lets go of that here.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;

/// A request and its body, of which what nobody reads is let go of, however the work on it ends.
pub struct Arriving(pub HttpRequest, pub Payload);
impl Drop for Arriving {
    fn drop(&mut self) {
        let_go(&self.0, self.1.take());
    }
}

/// Lets go of what nobody reads of a body, so that its connection ends with the answer.
///
/// actix sees to that itself where the head says how long the body is. A chunked one that is dropped it reads to its end,
/// however long that is: it is kept for a moment instead, within which the answer gets out.
pub fn let_go(req: &HttpRequest, payload: Payload) {
    if !req.headers().contains_key(header::TRANSFER_ENCODING) || matches!(payload, Payload::None) {
        return;
    }
    actix_web::rt::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(payload);
    });
}
