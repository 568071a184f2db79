//! The benchmark tried with servers that do wrong: it has to notice.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use super::{
    crowd::{Crowd, Role, Seat},
    drive::{Drive, Pace, Reading},
    speech::{Plain, Who},
    tally::Tally,
};

const MEMBERS: usize = 3;
/// The message that a wrong server treats wrongly.
const VICTIM: usize = 100;

/// What a server makes of its sender's lines: those that it hands on when the line of this number has come.
type Manner = fn(usize, &str, &mut Vec<String>) -> Vec<String>;

/// A server for one room: listeners first, then one sender.
fn serve(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut members: Vec<TcpStream> = (0..MEMBERS).map(|_| welcome(&listener).0).collect();
        let (_sender, lines) = welcome(&listener);
        let mut kept = Vec::new();
        for (number, line) in lines.lines().map_while(Result::ok).enumerate() {
            for line in manner(number, &line, &mut kept) {
                members.iter_mut().for_each(|member| drop(writeln!(member, "{line}")));
            }
        }
    });
    address
}

fn welcome(listener: &TcpListener) -> (TcpStream, BufReader<TcpStream>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    lines.read_line(&mut String::new()).unwrap();
    stream.write_all(b"ok\n").unwrap();
    (stream, lines)
}

/// How many deliveries are missing at the end, and how many were out of order.
fn run(manner: Manner) -> (u64, u64) {
    let mut crowd = Crowd::new(Box::new(Plain), 100, Tally::new(1, 1)).unwrap();
    let seat = |role: Role| {
        let speaks = role == Role::Sender;
        Seat { who: Who { nick: "x".into(), room: "r".into(), speaks }, room: 0, role }
    };
    let mut seats = vec![seat(Role::Member); MEMBERS];
    seats.push(seat(Role::Sender));
    crowd.enter(serve(manner), &seats).unwrap();
    let how = (Pace::PerSecond(2000), Reading::AtOnce);
    let mut drive = Drive::new(crowd, (1, MEMBERS, 1), how);
    drive.go_on(Duration::from_millis(300)).unwrap();
    assert!(drive.said() > 2 * VICTIM as u64);
    (drive.drain().unwrap(), drive.crowd.tally.faults)
}

#[test]
fn a_good_server_loses_nothing() {
    assert_eq!(run(|_, line, _| vec![line.into()]), (0, 0));
}

#[test]
fn a_message_left_out_is_missing_and_a_gap() {
    let all = MEMBERS as u64;
    let manner: Manner =
        |number, line, _| if number == VICTIM { Vec::new() } else { vec![line.into()] };
    assert_eq!(run(manner), (all, all));
}

#[test]
fn a_message_told_twice_is_out_of_order() {
    let manner: Manner = |number, line, _| vec![line.into(); 1 + usize::from(number == VICTIM)];
    let (_, faults) = run(manner);
    assert_eq!(faults, MEMBERS as u64);
}

#[test]
fn two_messages_that_change_places_are_out_of_order() {
    let manner: Manner = |number, line, kept| {
        if number == VICTIM {
            kept.push(line.into());
            return Vec::new();
        }
        let mut lines = vec![line.into()];
        lines.append(kept);
        lines
    };
    let (missing, faults) = run(manner);
    assert_eq!((missing, faults), (0, 3 * MEMBERS as u64));
}
