//! Threads for calls that do not block their caller, in the languages that have such calls: bounded, started on demand,
//! gone when idle.
//!
//! A [`Client`]'s call blocks its thread. [`Workers::submit`] lends it another one, and keeps its promises on the way there:
//! waiting for a thread counts in the deadline, and a cancel ends the wait. Each job runs exactly once, on a thread of
//! [`Workers`] and never on the one that submits. Jobs begin in the order in which they were submitted, and may end in any.

use crate::fork::{self, PerProcess};
use crate::signals::without_signals;
use crate::transport::Failure;
use crate::{Call, Cancel, Client, Code, Error, Result};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// How long an idle thread stays.
const LINGER: Duration = Duration::from_secs(5);
/// A cancel ends the wait for a thread after this time at the latest.
const SLICE: Duration = Duration::from_millis(200);

/// A bounded set of threads. Dropping it is [`stop`](Workers::stop).
pub struct Workers {
    shared: PerProcess<Arc<Shared>>,
    limit: usize,
    linger: Duration,
}

/// What the threads share. It belongs to one process: a forked child has none of the threads, and makes its own.
struct Shared {
    generation: u32,
    limit: usize,
    linger: Duration,
    /// Ends calls that are under way when the work is to stop.
    stop: Cancel,
    state: Mutex<State>,
    /// A job has come, or the work is to stop.
    work: Condvar,
    /// The first deadline among the waiting jobs has changed, or the work is to stop.
    watch: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Threads that run jobs, and those of them that wait for one.
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    /// The thread that ends jobs which wait too long, while there are such.
    watcher: Option<JoinHandle<()>>,
    /// When it next_check next.
    next_check: Option<Instant>,
    stopped: bool,
}

struct Waiting {
    deadline: Instant,
    call: Call,
    job: Box<dyn FnOnce(Result<Call>) + Send>,
}

impl Workers {
    /// At most `limit` threads for jobs, and one that watches over those which have to wait. None is started yet.
    pub fn new(limit: u32) -> Self {
        Workers::lingering(limit, LINGER)
    }

    fn lingering(limit: u32, linger: Duration) -> Self {
        let limit = (limit as usize).max(1);
        Workers { shared: PerProcess::new(Shared::new(limit, linger)), limit, linger }
    }

    /// Lends `job` a thread, now or as soon as one is free. The job is handed the options to make its call with: `call`, with
    /// the time that is left of its deadline (or that of `client`) and a cancel that [`stop`](Workers::stop) fires too. Where
    /// the call is not to be made it is handed the error instead, with delivery NOT_SENT: −20 where the deadline came before
    /// a thread was free, −22 where the call was cancelled or the work stopped.
    ///
    /// A panic in `job` ends the job alone.
    ///
    /// # Errors
    /// −99 where no thread can be started, −1 after [`stop`](Workers::stop): `job` is dropped without having run.
    pub fn submit(
        &self,
        client: &Client,
        mut call: Call,
        job: impl FnOnce(Result<Call>) + Send + 'static,
    ) -> Result<()> {
        let shared = self.shared();
        call.cancel = Some(Cancel::any_of(call.cancel.take().into_iter().chain([shared.stop.clone()])));
        let deadline = call.begun.unwrap_or_else(Instant::now) + client.timeout_of(&call);
        shared.submit(Waiting { deadline, call, job: Box::new(job) })
    }

    /// Ends the calls under way and those that wait, each with −22, and waits until all jobs have run. Called by a job, it
    /// does not wait for that one. Nothing is taken afterwards. In a forked child nothing is waited for: the parent's jobs
    /// run in the parent alone.
    ///
    /// To be called without any lock that a job takes.
    pub fn stop(&self) {
        let shared = self.shared();
        shared.stop.fire();
        let threads = {
            let mut state = shared.lock();
            state.stopped = true;
            let watcher = state.watcher.take();
            mem::take(&mut state.threads).into_iter().chain(watcher).collect::<Vec<_>>()
        };
        shared.work.notify_all();
        shared.watch.notify_all();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != thread::current().id()) {
            // A thread catches the panics of its jobs.
            let _ = thread.join();
        }
    }

    /// What this process uses, made anew in a forked child.
    fn shared(&self) -> &Arc<Shared> {
        self.shared.get(|| Shared::new(self.limit, self.linger))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn new(limit: usize, linger: Duration) -> Arc<Self> {
        Arc::new(Shared {
            generation: fork::generation(),
            limit,
            linger,
            stop: Cancel::new(),
            state: Mutex::default(),
            work: Condvar::new(),
            watch: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>, waiting: Waiting) -> Result<()> {
        let mut state = self.lock();
        if state.stopped {
            return Err(Error::refused(Code::InvalidArgument, "The client is closed."));
        }
        let deadline = waiting.deadline;
        state.waiting.push_back(waiting);
        // Each idle thread takes one job.
        if state.waiting.len() <= state.idle {
            // It would only wait for the lock.
            drop(state);
            self.work.notify_one();
            return Ok(());
        }
        if state.threads.len() < self.limit {
            match self.start("ants-otp-call", Shared::serve) {
                Ok(thread) => {
                    state.threads.push(thread);
                    return Ok(());
                }
                // Without any thread nobody would ever take the job.
                Err(error) if state.threads.is_empty() => {
                    state.waiting.pop_back();
                    let why = format!("No thread could be started: {error}.");
                    return Err(Error::refused(Code::Internal, why));
                }
                Err(_) => {}
            }
        }
        if state.watcher.is_none() {
            // Without it, jobs that wait too long are found when a thread is free.
            state.watcher = self.start("ants-otp-wait", Shared::watch).ok();
        } else if state.next_check.is_none_or(|at| deadline < at) {
            self.watch.notify_one();
        }
        Ok(())
    }

    /// Starts a thread on which no signal handler runs: signals are for the program's own threads.
    fn start(self: &Arc<Self>, name: &str, run: fn(&Arc<Shared>)) -> std::io::Result<JoinHandle<()>> {
        let shared = Arc::clone(self);
        without_signals(|| thread::Builder::new().name(name.to_owned()).spawn(move || run(&shared)))
    }

    /// A thread's life: job after job, until it has been idle for long.
    fn serve(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            if let Some(waiting) = state.waiting.pop_front() {
                drop(state);
                waiting.run();
                if self.is_parents() {
                    return;
                }
                state = self.lock();
            } else if state.stopped {
                return;
            } else {
                state.idle += 1;
                let (back, wait) = self.work.wait_timeout(state, self.linger).unwrap_or_else(PoisonError::into_inner);
                state = back;
                state.idle -= 1;
                if wait.timed_out() && state.waiting.is_empty() && !state.stopped {
                    leave(&mut state.threads, thread::current().id());
                    return;
                }
            }
        }
    }

    /// The watcher's life: it runs the jobs whose wait is over, until none has waited for long.
    fn watch(self: &Arc<Self>) {
        let mut state = self.lock();
        while !state.stopped {
            let now = Instant::now();
            let (over, waiting): (VecDeque<_>, _) =
                mem::take(&mut state.waiting).into_iter().partition(|job| job.is_over(now));
            state.waiting = waiting;
            if !over.is_empty() {
                drop(state);
                over.into_iter().for_each(Waiting::run);
                if self.is_parents() {
                    return;
                }
                state = self.lock();
                continue;
            }
            let first = state.waiting.iter().map(|job| job.deadline).min();
            let pause = first.map_or(self.linger, |first| first.saturating_duration_since(now).min(SLICE));
            state.next_check = first.map(|_| now + pause);
            let (back, wait) = self.watch.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner);
            state = back;
            if first.is_none() && wait.timed_out() && state.waiting.is_empty() && !state.stopped {
                state.watcher = None;
                return;
            }
        }
    }

    /// Whether a job has forked, and this is the child. The job's thread is all that is there, and has nothing to do.
    fn is_parents(&self) -> bool {
        self.generation != fork::generation()
    }
}

impl Waiting {
    fn is_over(&self, now: Instant) -> bool {
        self.deadline <= now || self.is_cancelled()
    }

    fn is_cancelled(&self) -> bool {
        self.call.cancel.as_ref().is_some_and(Cancel::is_fired)
    }

    fn run(mut self) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let turn = if self.is_cancelled() {
            Err(Failure::interrupted().into())
        } else if left.is_zero() {
            let why =
                "The deadline came before a thread was free to make the call: raise async_threads or the timeout.";
            Err(Error::refused(Code::Timeout, why).with_safe_to_retry(true))
        } else {
            self.call.timeout = Some(left);
            Ok(self.call)
        };
        // The thread is not the job's to end.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.job)(turn)));
    }
}

/// Forgets a thread that is about to end by itself.
fn leave(threads: &mut Vec<JoinHandle<()>>, id: ThreadId) {
    threads.retain(|thread| thread.thread().id() != id);
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delivery;
    use crate::signals;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};

    fn client() -> Client {
        Client::builder().token("token").base_url("http://127.0.0.1:1").build().unwrap()
    }

    fn call(ms: u64) -> Call {
        Call::new().timeout(Duration::from_millis(ms))
    }

    /// Occupies one thread until the sender is dropped.
    fn occupy(workers: &Workers, client: &Client) -> Sender<()> {
        let (end, wait) = channel::<()>();
        let (begun, ready) = channel();
        let job = move |turn: Result<Call>| {
            turn.unwrap();
            begun.send(()).unwrap();
            let _ = wait.recv();
        };
        workers.submit(client, call(10_000), job).unwrap();
        ready.recv().unwrap();
        end
    }

    /// What a job is handed, as code and delivery.
    fn turn(workers: &Workers, client: &Client, call: Call) -> Receiver<(Code, Delivery)> {
        let (send, receive) = channel();
        let job = move |turn: Result<Call>| {
            let _ = send.send(turn.map_or_else(
                |error| {
                    // Another call has a deadline of its own.
                    assert_eq!(error.safe_to_retry(), error.code() == Code::Timeout);
                    (error.code(), error.delivery())
                },
                |_| (Code::Ok, Delivery::Answered),
            ));
        };
        workers.submit(client, call, job).unwrap();
        receive
    }

    #[test]
    fn no_more_threads_than_allowed_and_every_job_runs_once() {
        let (client, workers) = (client(), Workers::new(4));
        let (now, most, done) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..1000 {
            let (now, most, done) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&done));
            let job = move |turn: Result<Call>| {
                turn.unwrap();
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_micros(100));
                now.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
            };
            workers.submit(&client, call(30_000), job).unwrap();
        }
        while done.load(Ordering::SeqCst) < 1000 {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(most.load(Ordering::SeqCst) <= 4);
    }

    #[test]
    fn the_deadline_of_a_call_that_began_before_counts_from_there() {
        let (client, workers) = (client(), Workers::new(1));
        let (send, receive) = channel();
        let begun = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        let job = move |turn: Result<Call>| send.send(turn.unwrap().timeout.unwrap()).unwrap();
        workers.submit(&client, call(5_000).begun(begun), job).unwrap();
        assert!(receive.recv().unwrap() <= Duration::from_secs(3));
        let late = turn(&workers, &client, call(1_000).begun(begun));
        assert_eq!(late.recv().unwrap(), (Code::Timeout, Delivery::NotSent));
    }

    #[test]
    fn jobs_begin_in_the_order_of_their_coming() {
        let (client, workers) = (client(), Workers::new(1));
        let (send, receive) = channel();
        for number in 0..100 {
            let send = send.clone();
            workers.submit(&client, call(10_000), move |_| send.send(number).unwrap()).unwrap();
        }
        drop(send);
        assert!(receive.iter().eq(0..100));
    }

    #[test]
    fn waiting_for_a_thread_counts_in_the_deadline() {
        let (client, workers) = (client(), Workers::new(1));
        let busy = occupy(&workers, &client);
        let begun = Instant::now();
        let patient = turn(&workers, &client, call(5_000));
        let hasty = turn(&workers, &client, call(50));
        assert_eq!(hasty.recv().unwrap(), (Code::Timeout, Delivery::NotSent));
        assert!(begun.elapsed() >= Duration::from_millis(50) && begun.elapsed() < Duration::from_millis(500));
        let (send, receive) = channel();
        let job = move |turn: Result<Call>| send.send(turn.unwrap().timeout.unwrap()).unwrap();
        workers.submit(&client, call(5_000), job).unwrap();
        thread::sleep(Duration::from_millis(100));
        drop(busy);
        assert_eq!(patient.recv().unwrap().0, Code::Ok);
        assert!(receive.recv().unwrap() <= Duration::from_millis(4_900), "the job has only what is left");
    }

    #[test]
    fn a_cancel_ends_the_wait_for_a_thread() {
        let (client, workers, cancel) = (client(), Workers::new(1), Cancel::new());
        let busy = occupy(&workers, &client);
        let waiting: Vec<_> = (0..100).map(|_| turn(&workers, &client, call(10_000).cancel(&cancel))).collect();
        let other = turn(&workers, &client, call(10_000));
        let begun = Instant::now();
        cancel.fire();
        for receive in waiting {
            assert_eq!(receive.recv().unwrap(), (Code::Interrupted, Delivery::NotSent));
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        drop(busy);
        assert_eq!(other.recv().unwrap().0, Code::Ok);
    }

    #[test]
    fn stopping_fires_the_calls_cancel_and_waits_until_every_job_has_run() {
        let (client, workers, own) = (client(), Workers::new(2), Cancel::new());
        let (send, receive) = channel();
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let (send, done) = (send.clone(), Arc::clone(&done));
            let job = move |turn: Result<Call>| {
                let cancel = turn.unwrap().cancel.unwrap();
                send.send(()).unwrap();
                while !cancel.is_fired() {
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(Duration::from_millis(50));
                done.fetch_add(1, Ordering::SeqCst);
            };
            workers.submit(&client, call(30_000).cancel(&own), job).unwrap();
            receive.recv().unwrap();
        }
        let waiting: Vec<_> = (0..10).map(|_| turn(&workers, &client, call(30_000))).collect();
        workers.stop();
        assert_eq!(done.load(Ordering::SeqCst), 2);
        assert!(!own.is_fired(), "the caller's own cancel is left alone");
        for receive in waiting {
            assert_eq!(receive.try_recv(), Ok((Code::Interrupted, Delivery::NotSent)));
        }
        let late = workers.submit(&client, Call::new(), |_| unreachable!());
        assert_eq!(late.unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn a_job_may_drop_the_workers_it_runs_on() {
        let (client, workers) = (client(), Arc::new(Workers::new(2)));
        let (send, receive) = channel();
        let mine = Arc::clone(&workers);
        let go = Arc::new(AtomicBool::new(false));
        let wait = Arc::clone(&go);
        let job = move |_: Result<Call>| {
            while !wait.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            drop(mine);
            send.send(()).unwrap();
        };
        workers.submit(&client, call(10_000), job).unwrap();
        drop(workers);
        go.store(true, Ordering::SeqCst);
        receive.recv_timeout(Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_panic_ends_the_job_alone() {
        let (client, workers) = (client(), Workers::new(1));
        workers.submit(&client, call(10_000), |_| std::panic::resume_unwind(Box::new("forced by a test"))).unwrap();
        assert_eq!(turn(&workers, &client, call(10_000)).recv().unwrap().0, Code::Ok);
    }

    #[test]
    fn idle_threads_end() {
        let (client, workers) = (client(), Workers::lingering(2, Duration::from_millis(20)));
        let busy = [occupy(&workers, &client), occupy(&workers, &client)];
        let waiting = turn(&workers, &client, call(10_000));
        let threads = || {
            let state = workers.shared().lock();
            (state.threads.len(), state.watcher.is_some())
        };
        assert_eq!(threads(), (2, true));
        drop(busy);
        waiting.recv().unwrap();
        let end = Instant::now() + Duration::from_secs(5);
        while threads() != (0, false) && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(threads(), (0, false));
        assert_eq!(turn(&workers, &client, call(10_000)).recv().unwrap().0, Code::Ok);
    }

    #[test]
    fn signals_are_blocked_on_the_threads_and_nowhere_else() {
        let (client, workers) = (client(), Workers::new(1));
        let (send, receive) = channel();
        workers.submit(&client, call(10_000), move |_| send.send(signals::are_blocked()).unwrap()).unwrap();
        assert!(receive.recv().unwrap());
        assert!(!signals::are_blocked());
    }
}
