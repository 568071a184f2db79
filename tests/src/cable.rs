//! Two machines and a cable: network namespaces of this one, joined by a pair of virtual devices. What goes over the
//! cable in one direction can be dropped without a word, as a pulled cable or a lost NAT entry does.

use std::{
    fs::File,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The cable, and the machine at each end of it.
pub struct Cable {
    name: String,
}

/// A machine at the end of a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Server,
    Client,
}

/// Where the server's machine is found. Both addresses are for documentation, see RFC 5737.
pub const SERVER: &str = "192.0.2.1";
const CLIENT: &str = "192.0.2.2";
const DEVICE: &str = "cable";

impl Cable {
    /// Lays a cable.
    ///
    /// # Errors
    /// Says in one line why there can be none here.
    pub fn lay() -> Result<Self, String> {
        static LAID: AtomicU32 = AtomicU32::new(0);
        let number = LAID.fetch_add(1, Ordering::Relaxed);
        let cable = Self { name: format!("chat-{}-{number}", std::process::id()) };
        let (server, client) = (cable.namespace(End::Server), cable.namespace(End::Client));
        for namespace in [&server, &client] {
            run("ip", &format!("netns add {namespace}"))?;
        }
        let (near, far) = (format!("{DEVICE} netns {server}"), format!("{DEVICE} netns {client}"));
        run("ip", &format!("link add {near} type veth peer name {far}"))?;
        for (namespace, address) in [(server, SERVER), (client, CLIENT)] {
            run("ip", &format!("-n {namespace} address add {address}/24 dev {DEVICE}"))?;
            run("ip", &format!("-n {namespace} link set {DEVICE} up"))?;
            run("ip", &format!("-n {namespace} link set lo up"))?;
            run("ip", &format!("netns exec {namespace} nft list tables"))?;
        }
        Ok(cable)
    }

    /// Does something on the machine at this end: sockets that it opens and programs that it starts stay there.
    ///
    /// # Panics
    /// When it does.
    pub fn at<T: Send>(&self, end: End, act: impl FnOnce() -> T + Send) -> T {
        let namespace = Path::new("/run/netns").join(self.namespace(end));
        let file = File::open(namespace).expect("a namespace of ours");
        let moved = || {
            let network = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), network)
                .expect("a thread may move there");
            act()
        };
        thread::scope(|scope| {
            scope.spawn(moved).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// From now on nothing that comes over the cable gets to this end. What the machine says to itself does.
    ///
    /// # Panics
    /// When the system does not do it.
    pub fn cut(&self, end: End) {
        let chain = "{ type filter hook input priority 0 ; }";
        for line in [
            "add table ip cut".to_owned(),
            format!("add chain ip cut in {chain}"),
            format!("add rule ip cut in iifname {DEVICE} drop"),
        ] {
            self.nft(end, &line);
        }
    }

    /// Mends what was cut.
    ///
    /// # Panics
    /// When it was not cut.
    pub fn mend(&self, end: End) {
        self.nft(end, "delete table ip cut");
    }

    fn nft(&self, end: End, line: &str) {
        let nft = format!("netns exec {} nft {line}", self.namespace(end));
        run("ip", &nft).expect("packets are dropped or not");
    }

    fn namespace(&self, end: End) -> String {
        format!("{}-{}", self.name, if end == End::Server { "server" } else { "client" })
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for end in [End::Server, End::Client] {
            // It may not have come to be.
            drop(run("ip", &format!("netns delete {}", self.namespace(end))));
        }
    }
}

fn run(program: &str, arguments: &str) -> Result<(), String> {
    let failed = |why: &str| Err(format!("{program} {arguments}: {}", why.trim()));
    let ran = Command::new(program)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .args(arguments.split(' '))
        .output();
    match ran {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => failed(&String::from_utf8_lossy(&output.stderr)),
        Err(error) => failed(&error.to_string()),
    }
}
