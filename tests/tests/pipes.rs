//! Scripts: everything written at once, the sending direction closed, and nothing may be lost.

use std::{io::Write, net::SocketAddr, process::Command, thread};

use chat_tests::{
    netcat::Netcat,
    pattern::matches,
    programs::{Ended, finish},
    server::{Local, Process, directory},
};

/// More than any buffer between the two holds.
const MANY: usize = 20_000;

#[test]
fn a_pipe_is_answered_to_its_end_and_closed() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    let mut bot = Netcat::connect(server.address());
    bot.write(b"bot\n/join #ops\n/ack on\nbuild ok\n/msg #lobby build ok\n/names\nlast line without its end");
    bot.half_close();
    let seen = bot.read_to_end();
    assert_lines(
        &seen,
        &[
            "* welcome bot",
            "* joined #lobby",
            "* joined #ops",
            "* ack on",
            "+ #ops 1",
            "+ #lobby 1",
            "* names #ops: bot",
            "* names #ops: 1 in all",
            "+ #ops 2",
        ],
    );
    for line in ["* bot joined #lobby", "#lobby <bot> build ok", "* bot left #lobby (quit…"] {
        alice.expect(line);
    }
}

#[test]
fn a_pipe_of_a_nick_alone_ends() {
    let server = Local::start();
    for input in ["bot", "bot\n", "/help", "/list\n", "\n\n", "no nick\nat all\n"] {
        let mut bot = Netcat::connect(server.address());
        bot.write(input.as_bytes());
        bot.half_close();
        bot.read_to_end();
    }
    let empty = Netcat::connect(server.address());
    empty.half_close();
    drop(empty);
    let mut bot = Netcat::named(server.address(), "bot");
    bot.send("/quit");
    bot.skip_to("* goodbye");
    bot.expect_end();
}

#[test]
fn a_fast_pipe_loses_nothing() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    let listening = thread::spawn(move || {
        alice.expect("* bot joined #lobby");
        for number in 1..=MANY {
            alice.expect(&format!("#lobby <bot> line {number}"));
        }
        alice.expect("* bot left #lobby (quit…");
    });
    let mut bot = Netcat::connect(server.address());
    let mut writer = bot.writer();
    let writing = thread::spawn(move || {
        writer.write_all(pipe().as_bytes()).expect("the server takes all");
        writer.shutdown(std::net::Shutdown::Write).expect("still connected");
    });
    let seen = bot.read_to_end();
    writing.join().expect("it writes to the end");
    assert_all_acknowledged(&seen);
    listening.join().expect("alice hears all");
}

#[test]
fn a_fast_pipe_whose_answers_nobody_reads_yet_loses_nothing() {
    let server = Local::start();
    let mut bot = Netcat::connect(server.address());
    // Nothing is read before all is written: the server has to keep what it owes, or read more slowly.
    let (mut writer, input) = (bot.writer(), pipe());
    let half = input.len() / 20;
    writer.write_all(&input.as_bytes()[..half]).expect("the server takes some");
    let writing = thread::spawn(move || {
        writer.write_all(&input.as_bytes()[half..]).expect("the server takes the rest");
        writer.shutdown(std::net::Shutdown::Write).expect("still connected");
    });
    assert_all_acknowledged(&bot.read_to_end());
    writing.join().expect("it writes to the end");
}

#[test]
fn the_real_nc_reports_a_build() {
    let Some(nc) = nc() else { return };
    let server = Local::start();
    let ended = nc(server.address(), "bot\n/join #ops\n/ack on\nbuild ok\n");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    let expected = ["* welcome bot", "* joined #lobby", "* joined #ops", "* ack on", "+ #ops 1"];
    assert_lines(&lines, &expected);
}

#[test]
fn the_real_nc_pipes_many_lines_into_the_real_server() {
    let Some(nc) = nc() else { return };
    let data = directory();
    let server = Process::start(data.path());
    let ended = nc(server.address(), &pipe());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    assert_all_acknowledged(&lines);
}

/// A bot that says many lines and wants each acknowledged.
fn pipe() -> String {
    let lines = (1..=MANY).map(|number| format!("line {number}\n"));
    "bot\n/ack on\n".to_owned() + &lines.collect::<String>()
}

#[track_caller]
fn assert_all_acknowledged(seen: &[String]) {
    let mut expected: Vec<String> =
        ["* welcome bot", "* joined #lobby", "* ack on"].map(str::to_owned).into();
    expected.extend((1..=MANY).map(|number| format!("+ #lobby {number}")));
    let seen: Vec<&String> = seen.iter().filter(|line| !line.starts_with("* this is")).collect();
    let differs = seen.iter().zip(&expected).position(|(seen, expected)| *seen != expected);
    assert_eq!(differs, None, "{:?}", differs.map(|at| (seen[at], &expected[at])));
    assert_eq!(seen.len(), expected.len());
}

#[track_caller]
fn assert_lines(seen: &[String], patterns: &[&str]) {
    let seen: Vec<&String> = seen.iter().filter(|line| !line.starts_with("* this is")).collect();
    let fits = seen.len() == patterns.len()
        && seen.iter().zip(patterns).all(|(line, pattern)| matches(pattern, line));
    assert!(fits, "{seen:#?}\nis not\n{patterns:#?}");
}

/// The netcat of OpenBSD, whose `-N` ends the sending direction with the input; it may be missing.
#[allow(clippy::print_stderr, reason = "whoever runs the tests should know what was left out")]
fn nc() -> Option<fn(SocketAddr, &str) -> Ended> {
    let help = Command::new("nc").arg("-h").output().ok();
    let help = help.map(|help| String::from_utf8_lossy(&help.stderr).into_owned());
    if help.is_some_and(|help| help.contains("-N\t")) {
        return Some(|server, input| {
            let (host, port) = (server.ip().to_string(), server.port().to_string());
            finish(Command::new("nc").args(["-N", &host, &port]), input)
        });
    }
    eprintln!("left out: no nc with -N here (Debian: netcat-openbsd)");
    None
}
