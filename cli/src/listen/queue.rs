//! Work beside the receiving of reports: so much at once, so much waiting, and no more.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// With this much waiting or under way, nothing more is taken.
const ENOUGH: usize = 64;

/// Threads that do what is pushed, in its order.
pub struct Queue<T> {
    sender: Sender<T>,
    workers: Vec<JoinHandle<()>>,
    open: Arc<AtomicUsize>,
}

impl<T: Send + 'static> Queue<T> {
    pub fn start(workers: usize, work: impl Fn(T) + Send + Sync + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let (receiver, work, open) = (Arc::new(Mutex::new(receiver)), Arc::new(work), Arc::new(AtomicUsize::new(0)));
        let worker = |_| {
            let (receiver, work, open) = (Arc::clone(&receiver), Arc::clone(&work), Arc::clone(&open));
            std::thread::Builder::new().spawn(move || {
                loop {
                    // A statement of its own: the others take theirs while this one works.
                    let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = next else { return };
                    work(job);
                    open.fetch_sub(1, Ordering::Relaxed);
                }
            })
        };
        let workers = (0..workers).map(worker).collect::<std::io::Result<_>>()?;
        Ok(Queue { sender, workers, open })
    }

    pub fn has_room(&self) -> bool {
        self.open.load(Ordering::Relaxed) < ENOUGH
    }

    pub fn push(&self, job: T) {
        self.open.fetch_add(1, Ordering::Relaxed);
        // The workers receive as long as this sender is there.
        let _ = self.sender.send(job);
    }

    /// Waits until all is done.
    pub fn finish(self) {
        drop(self.sender);
        for worker in self.workers {
            let _ = worker.join();
        }
    }
}
