//! The thread that serves, and how it stops: at once, whatever connections are open.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::{Router, middleware};
use tokio::sync::watch;

use crate::api::{self, Shared};
use crate::cors::cors;
use crate::events;
use crate::guard::{Allowed, guard};
use crate::line::{CutHandle, Lines};
use crate::page;
use crate::reporter;
use crate::tools;

/// How long a stop waits for answers under way. Idle connections are closed without waiting.
const GRACE: Duration = Duration::from_millis(100);

/// A running server. Dropping it stops it and waits for its thread.
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    ended: Arc<Ended>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the address, which is loopback's unless the builder says otherwise, and serves from a thread of its own.
    pub(crate) fn start(
        address: SocketAddr,
        service: Shared,
        allowed: Allowed,
        reports_to_any_host: bool,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // One thread is enough for tests, and keeps the machine's others for what is tested.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = watch::channel(false);
        let ended = Arc::new(Ended::default());
        let signal = EndSignal(Arc::clone(&ended));
        let listener = {
            let _in_runtime = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = thread::Builder::new().name("ants-otp-sandbox".into()).spawn(move || {
            let _signal = signal;
            runtime.spawn(reporter::run(Arc::clone(&service), reports_to_any_host));
            runtime.block_on(serve(listener, service, allowed, stopped));
            // Dropping the runtime closes the connections that are left.
        })?;
        Ok(Server { address, stop, ended, thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks the thread to stop; does not wait for it.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when the thread has stopped.
    pub(crate) fn wait(&self) {
        let ended = self.ended.flag.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.ended.changed.wait_while(ended, |ended| !*ended));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported on stderr; another one here would abort the test.
            let _ = thread.join();
        }
    }
}

#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

/// Says that the thread has ended, in whichever way it does.
struct EndSignal(Arc<Ended>);

impl Drop for EndSignal {
    fn drop(&mut self) {
        *self.0.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

async fn serve(listener: tokio::net::TcpListener, service: Shared, allowed: Allowed, stopped: watch::Receiver<bool>) {
    let allowed = Arc::new(allowed);
    let guard = middleware::from_fn_with_state(Arc::clone(&allowed), guard);
    let own = tools::routes().merge(events::routes()).merge(page::routes()).layer(guard);
    let app = Router::new().merge(api::routes()).merge(own);
    let app = app.fallback(api::unknown_path).method_not_allowed_fallback(api::wrong_method).with_state(service);
    let app = app.layer(middleware::from_fn_with_state(allowed, cors));
    let app = app.into_make_service_with_connect_info::<CutHandle>();
    let serving = axum::serve(Lines(listener), app).with_graceful_shutdown(until(stopped.clone()));
    let serving = tokio::spawn(serving.into_future());
    until(stopped).await;
    // Whether the answers under way were finished or not, the end is the same.
    let _ = tokio::time::timeout(GRACE, serving).await;
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stopped.wait_for(|&stopped| stopped).await;
}
