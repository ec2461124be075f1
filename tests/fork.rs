//! A client made before a fork works in the child, and the parent's connections stay the parent's.
#![allow(clippy::unwrap_used)] // a panic is a test's report
#![allow(unsafe_code)] // fork itself

mod support;

use ants_otp::{Call, Client, Workers};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{Next, OTP_ID, Server, VERIFIED, http};

/// Runs `work` in a forked child; `true` if it did so within ten seconds and said yes.
fn in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs `work` and leaves by _exit, without unwinding into the test's harness.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(if good { 0 } else { 1 }) }
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut status = 0;
    // SAFETY: waits for and, if it hangs, ends the child made above and no other.
    unsafe {
        while libc::waitpid(child, &mut status, libc::WNOHANG) == 0 {
            if Instant::now() > deadline {
                libc::kill(child, libc::SIGKILL);
                libc::waitpid(child, &mut status, 0);
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

fn verified(client: &Client) -> bool {
    client.verify(OTP_ID, "1").is_ok_and(|verification| verification.is_verified())
}

/// One fork test at a time: the others' threads would be half of a child's surprises.
static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn child_and_parent_use_connections_of_their_own() {
    let _one = ONE.lock();
    let server = Server::answering(http(200, VERIFIED));
    let client = server.client();
    assert!(verified(&client));
    assert!(in_child(|| verified(&client) && verified(&client)));
    assert!(verified(&client));
    assert_eq!((server.connections(), server.seen().len()), (2, 4), "the parent went on with its first connection");
}

#[test]
fn the_child_has_closed_its_copies_at_once() {
    let _one = ONE.lock();
    let (ended, wait) = std::sync::mpsc::channel();
    let server = Server::raw(move |mut stream| {
        while support::read_one(&mut stream).is_some() {
            let _ = stream.write_all(&http(200, VERIFIED));
        }
        ended.send(()).unwrap();
    });
    let client = server.client();
    assert!(verified(&client));
    // The child lives on while the parent closes its connection: the server sees the end only if no copy is open.
    let (mut to_child, mut from_parent) = std::os::unix::net::UnixStream::pair().unwrap();
    std::thread::scope(|scope| {
        let child = scope.spawn(|| in_child(|| std::io::Read::read(&mut from_parent, &mut [0]).is_ok()));
        std::thread::sleep(Duration::from_millis(300));
        drop(client);
        wait.recv_timeout(Duration::from_secs(3)).expect("the connection ends though the child lives");
        to_child.write_all(b"x").unwrap();
        assert!(child.join().unwrap());
    });
}

#[test]
fn dropping_the_client_in_the_child_harms_nobody() {
    let _one = ONE.lock();
    let server = Server::answering(http(200, VERIFIED));
    let client = server.client();
    assert!(verified(&client));
    let copy = client.clone();
    assert!(in_child(move || {
        drop(copy);
        true
    }));
    assert!(verified(&client));
    assert_eq!(server.connections(), 1);
}

#[test]
fn forks_while_other_threads_are_calling_do_not_hang() {
    let _one = ONE.lock();
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(&http(200, VERIFIED));
        Next::Keep
    });
    // A name, so that the resolver's lock is in use too.
    let url = format!("http://localhost:{}", server.address.port());
    let client = support::options(&url).build().unwrap();
    // Looked up before the forks: a child that is born during a look-up inherits a locked resolver of the C library.
    assert!(verified(&client));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert!(verified(&client));
                }
            });
        }
        let good = (0..40).filter(|_| in_child(|| verified(&client) && verified(&client))).count();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(good, 40);
    });
}

#[test]
fn a_grandchild_works_too() {
    let _one = ONE.lock();
    let server = Server::answering(http(200, VERIFIED));
    let client = server.client();
    assert!(verified(&client));
    assert!(in_child(|| verified(&client) && in_child(|| verified(&client)) && verified(&client)));
    assert!(verified(&client));
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_child_neither_waits_for_the_parents_workers_nor_runs_their_jobs() {
    let _one = ONE.lock();
    let server = Server::answering(http(200, VERIFIED));
    let client = server.client();
    let workers = Workers::new(1);
    let ran = Arc::new(AtomicUsize::new(0));
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let job = |wait: Option<std::sync::mpsc::Receiver<()>>| {
        let (ran, client) = (Arc::clone(&ran), client.clone());
        move |call: ants_otp::Result<Call>| {
            if let Some(wait) = wait {
                let _ = wait.recv();
            }
            let answer = call.and_then(|call| client.verify_with(OTP_ID, "1", &call));
            assert!(answer.is_ok_and(|verification| verification.is_verified()));
            ran.fetch_add(1, Ordering::SeqCst);
        }
    };
    workers.submit(&client, Call::new(), job(Some(wait))).unwrap();
    workers.submit(&client, Call::new(), job(None)).unwrap();
    assert!(in_child(|| {
        // Its own jobs run here, on threads of its own; the parent's two do not.
        workers.submit(&client, Call::new(), job(None)).unwrap();
        while ran.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        workers.stop();
        ran.load(Ordering::SeqCst) == 1
    }));
    assert!(in_child(|| {
        workers.stop();
        ran.load(Ordering::SeqCst) == 0
    }));
    drop(end);
    while ran.load(Ordering::SeqCst) < 2 {
        std::thread::sleep(Duration::from_millis(1));
    }
    // A job that forks: the child has its thread alone, and ends where the job does.
    let (send, receive) = std::sync::mpsc::channel();
    workers.submit(&client, Call::new(), move |_| send.send(in_child(|| true)).unwrap()).unwrap();
    assert!(receive.recv().unwrap());
}

#[test]
fn a_connection_that_is_being_made_is_the_parents_alone() {
    let _one = ONE.lock();
    // The queue of this listener is full: connections to it hang.
    let listener =
        rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listener, &"127.0.0.1:0".parse::<std::net::SocketAddrV4>().unwrap()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = std::net::SocketAddr::try_from(rustix::net::getsockname(&listener).unwrap()).unwrap();
    let _held = std::net::TcpStream::connect(address).unwrap();
    let _more = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200));
    let client = support::options(&format!("http://{address}")).timeout(Duration::from_secs(2)).build().unwrap();
    let sockets = || {
        let links =
            std::fs::read_dir("/proc/self/fd").unwrap().flatten().flat_map(|entry| std::fs::read_link(entry.path()));
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    };
    let before = sockets();
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(!verified(&client)));
        let end = Instant::now() + Duration::from_secs(1);
        while sockets() == before && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(sockets(), before + 1, "the connection is being made");
        assert!(in_child(|| sockets() == before), "the child holds no copy of it");
    });
}

#[test]
fn a_cancel_works_in_a_child_that_was_born_while_it_was_in_use() {
    let _one = ONE.lock();
    let server = Server::answering(http(200, VERIFIED));
    let client = server.client();
    let cancel = ants_otp::Cancel::new();
    let call = ants_otp::Call::new().cancel(&cancel);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert!(client.verify_with(OTP_ID, "1", &call).is_ok());
                }
            });
        }
        let good = (0..60).filter(|_| {
            in_child(|| {
                let made = client.verify_with(OTP_ID, "1", &call).is_ok();
                cancel.fire();
                made && client.verify_with(OTP_ID, "1", &call).is_err()
            })
        });
        let good = good.count();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(good, 60);
    });
}
