//! Programs that a test starts on loopback, with a configuration of its own in a folder of its own, and ends by their
//! process id.
#![allow(dead_code)] // each test file uses its part

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const STARTING: Duration = Duration::from_secs(20);
const STOPPING: Duration = Duration::from_secs(3);
/// A free port may be taken by somebody else before the program has it.
const TRIES: usize = 5;

/// A folder that is gone when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("ants-otp-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and tells where it is.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What a file holds; nothing if it is not there.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running program. It is ended when this is dropped, by a panic too.
pub struct Daemon {
    child: Child,
    pub port: u16,
    pub folder: Folder,
}

impl Daemon {
    /// Runs the command that `make` gives for a folder and a free port, and waits until the port accepts.
    ///
    /// # Panics
    /// The program is not installed, or does not come up.
    pub fn start(package: &str, make: impl Fn(&Folder, u16) -> Command) -> Daemon {
        let mut said = String::new();
        for _ in 0..TRIES {
            let (folder, port) = (Folder::new(), free_port());
            let output = std::fs::File::create(folder.path().join("output")).unwrap();
            let mut command = make(&folder, port);
            command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
            let child =
                command.spawn().unwrap_or_else(|error| panic!("{error}: {command:?}: apt-get install {package}"));
            let mut daemon = Daemon { child, port, folder };
            if daemon.accepts() {
                return daemon;
            }
            said = daemon.folder.read("output");
        }
        panic!("{package} did not start: {said}");
    }

    /// Waits for the port; not for longer than the program lives.
    fn accepts(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < STARTING {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// By the name that its certificate is for.
    pub fn secure_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for Daemon {
    /// Asks it to end, so that it ends its own children too; does not ask twice.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < STOPPING {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
