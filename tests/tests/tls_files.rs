//! Certificates: the server's own and the operator's, exchanged while people talk.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use chat_tests::{
    netcat::Netcat,
    programs,
    server::{Process, directory},
    tls::{Secure, Tunnel, make_pair},
};

fn with_files(
    data: &Path,
    (certificate, key): &(std::path::PathBuf, std::path::PathBuf),
) -> Process {
    let (certificate, key) = (certificate.to_str().expect("UTF-8"), key.to_str().expect("UTF-8"));
    Process::with(data, ["--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key])
}

/// The fingerprint that the server told at its start.
fn told(server: &Process) -> String {
    let said = server.says("TLS certificate SHA256:");
    said.split_whitespace().nth(2).expect("a fingerprint").to_owned()
}

fn shown(server: &Process) -> Vec<u8> {
    let mut peer = Secure::connect(server.address());
    peer.write(b"/quit\n");
    peer.certificate()
}

#[test]
fn the_servers_own_certificate_is_made_once_and_told_by_its_fingerprint() {
    let data = directory();
    let server = Process::start(data.path());
    let (first, certificate) = (told(&server), shown(&server));
    assert_eq!(server.terminate().code, Some(0));
    let file = data.path().join("tls.pem");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let server = Process::start(data.path());
    assert_eq!((told(&server), shown(&server)), (first.clone(), certificate));
    let data = data.path().to_str().expect("UTF-8");
    let asked = programs::run("chat-server", ["fingerprint", "--data", data]);
    assert_eq!(asked.stdout, format!("{first}\n"), "{asked:?}");
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(file);
    if let Ok(openssl) = openssl.output() {
        let digits = String::from_utf8(openssl.stdout).expect("UTF-8").replace(':', "");
        let digits = digits.trim().rsplit('=').next().expect("a fingerprint").to_lowercase();
        assert_eq!(format!("SHA256:{digits}"), first);
    }
}

#[test]
fn the_fingerprint_is_that_of_the_server_that_runs_or_of_a_file() {
    let (data, files) = (directory(), directory());
    drop(Process::start(data.path()).kill());
    let pair = make_pair(files.path(), &["localhost"]);
    let server = with_files(data.path(), &pair);
    let asked = |args: &[&str]| {
        let asked = programs::run("chat-server", [&["fingerprint"], args].concat());
        assert_eq!(asked.code, Some(0), "{asked:?}");
        asked.stdout.trim().to_owned()
    };
    let (at, first) = (data.path().to_str().expect("UTF-8"), told(&server));
    assert_eq!(asked(&["--data", at]), first, "not that of tls.pem, which lies there");
    let file = pair.0.to_str().expect("UTF-8");
    fs::remove_file(&pair.1).expect("the key");
    assert_eq!(asked(&["--tls-cert", file, "--data", at]), first, "without its key");
    assert_eq!(server.terminate().code, Some(0));
    assert_ne!(asked(&["--data", at]), first, "the server's own, where none runs");
}

#[test]
fn a_new_certificate_is_taken_on_sighup_and_those_who_talk_go_on() {
    let (data, files) = (directory(), directory());
    let pair = make_pair(files.path(), &["localhost"]);
    let server = with_files(data.path(), &pair);
    let first = shown(&server);
    let tunnel = Tunnel::to(server.address());
    let mut alice = Netcat::named(tunnel.address(), "alice");
    // Both are there at once, so that looking at the files cannot come between.
    let aside = directory();
    let other = make_pair(aside.path(), &["localhost"]);
    fs::rename(&other.1, &pair.1).and_then(|()| fs::rename(&other.0, &pair.0)).expect("moved");
    programs::signal(server.pid(), "HUP");
    server.says("TLS: new connections get a new certificate");
    let second = shown(&server);
    assert_ne!(first, second);
    alice.send("/me is still here");
    alice.send("/names");
    alice.expect("* names #lobby: alice");
    fs::write(&pair.0, "no certificate").expect("written");
    programs::signal(server.pid(), "HUP");
    server.says("cert.pem holds no certificate in PEM; keeping the certificate SHA256:");
    assert_eq!(shown(&server), second);
    let stopped = server.terminate();
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
}

#[test]
fn a_new_certificate_is_noticed() {
    let (data, files) = (directory(), directory());
    let pair = make_pair(files.path(), &["localhost"]);
    let server = with_files(data.path(), &pair);
    let first = shown(&server);
    let _again = make_pair(files.path(), &["localhost"]);
    server.says("TLS: new connections get a new certificate");
    assert_ne!(shown(&server), first);
    let aside = directory();
    let other = make_pair(aside.path(), &["localhost"]);
    fs::rename(&other.1, &pair.1).expect("moved");
    server.says("is not that of the certificate in");
}

#[test]
fn a_wrong_pair_is_told_in_one_line_at_the_start() {
    let (data, files, aside) = (directory(), directory(), directory());
    let pair = make_pair(files.path(), &["localhost"]);
    let other = make_pair(aside.path(), &["localhost"]);
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let cases = [
        (path(&pair.0), path(&other.1), "is not that of the certificate in"),
        (path(&pair.1), path(&pair.1), "holds no certificate in PEM"),
        (path(&pair.0), path(&pair.0), "holds no private key in PEM"),
        ("/no/such/cert.pem".into(), path(&pair.1), "cannot read /no/such/cert.pem"),
    ];
    for (certificate, key, expected) in cases {
        let data = path(data.path());
        let args = ["--listen", "127.0.0.1:0", "--data", &data, "--tls-cert", &certificate];
        let ended = programs::run("chat-server", args.into_iter().chain(["--tls-key", &key]));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(expected), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}
