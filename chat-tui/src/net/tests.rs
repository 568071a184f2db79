//! The connection against a server played by hand. Every wait has a deadline.

use std::time::Duration;

use bytes::BytesMut;
use chat_proto::{
    frame::{Decoder, FRAME_BYTES_MAX},
    message::{Alive, Closing, Done, ErrorCode, Event, Message, Pong, Quit, Reply, Request},
    version::MAGIC,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use chat_tcp::Patience;

use super::{Command, Net};
use crate::{security::Security, state::NetMsg};

const DEADLINE: Duration = Duration::from_secs(10);

struct Server {
    stream: TcpStream,
    buf: BytesMut,
    decoder: Decoder,
}

impl Server {
    async fn accept(listener: &TcpListener) -> Self {
        let (mut stream, _) = within(listener.accept()).await.expect("accepted");
        let mut magic = [0; MAGIC.len()];
        within(stream.read_exact(&mut magic)).await.expect("the magic");
        assert_eq!(magic, MAGIC);
        Self { stream, buf: BytesMut::new(), decoder: Decoder::new(FRAME_BYTES_MAX) }
    }

    async fn request(&mut self) -> (u32, Request) {
        loop {
            if let Some(frame) = self.decoder.next(&mut self.buf).expect("a frame") {
                let request = Request::read(&frame).expect("readable").expect("known");
                return (frame.request, request);
            }
            let bytes = within(self.stream.read_buf(&mut self.buf)).await.expect("read");
            assert_ne!(bytes, 0, "the client hung up");
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        within(self.stream.write_all(bytes)).await.expect("written");
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("within the deadline")
}

async fn listen() -> (TcpListener, Net) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let net = Net::spawn(Security::Plain, Patience::default());
    dial(&net, &listener);
    (listener, net)
}

fn dial(net: &Net, listener: &TcpListener) {
    let server = listener.local_addr().expect("bound").to_string().into();
    net.tell(Command::Dial { server, after: Duration::ZERO }).expect("told");
}

fn send(net: &Net, conn: u32, number: u32) {
    let request = Request::Quit(Quit { reason: "bye".into() });
    net.tell(Command::Send { conn, number, request }).expect("told");
}

fn reply() -> (Vec<u8>, NetMsg) {
    let (reply, mut out) = (Reply::Done(Done {}), BytesMut::new());
    reply.write(1, &mut out);
    (out.to_vec(), NetMsg::Reply { conn: 1, number: 1, reply })
}

#[tokio::test]
async fn frames_go_both_ways_and_an_end_is_told() {
    let (listener, mut net) = listen().await;
    let mut server = Server::accept(&listener).await;
    assert_eq!(within(net.next()).await, Some(NetMsg::Connected { conn: 1 }));
    send(&net, 1, 1);
    assert_eq!(server.request().await, (1, Request::Quit(Quit { reason: "bye".into() })));
    let (bytes, expected) = reply();
    server.send(b"* a greeting for people\n").await;
    server.send(&MAGIC).await;
    server.send(&bytes).await;
    assert_eq!(within(net.next()).await, Some(expected));
    drop(server);
    assert!(matches!(within(net.next()).await, Some(NetMsg::Lost { .. })));
}

#[tokio::test]
async fn a_stream_cut_into_single_bytes_is_the_same_stream() {
    let (listener, mut net) = listen().await;
    let mut server = Server::accept(&listener).await;
    within(net.next()).await;
    let (bytes, expected) = reply();
    for byte in [&MAGIC[..], &bytes].concat() {
        server.send(&[byte]).await;
    }
    assert_eq!(within(net.next()).await, Some(expected));
}

#[tokio::test]
async fn what_was_meant_for_a_lost_connection_is_not_sent_on_the_next() {
    let (listener, mut net) = listen().await;
    drop(Server::accept(&listener).await);
    within(net.next()).await;
    assert!(matches!(within(net.next()).await, Some(NetMsg::Lost { .. })));
    send(&net, 1, 7);
    dial(&net, &listener);
    let mut server = Server::accept(&listener).await;
    assert_eq!(within(net.next()).await, Some(NetMsg::Connected { conn: 2 }));
    send(&net, 1, 8);
    send(&net, 2, 9);
    assert_eq!(server.request().await.0, 9);
}

#[tokio::test]
async fn a_server_that_asks_for_life_gets_a_ping_and_the_latency_is_told() {
    let (listener, mut net) = listen().await;
    let mut server = Server::accept(&listener).await;
    within(net.next()).await;
    let mut out = BytesMut::from(&MAGIC[..]);
    Event::Alive(Alive {}).write(0, &mut out);
    server.send(&out).await;
    let (number, ping) = server.request().await;
    let Request::Ping(ping) = ping else { panic!("{ping:?}") };
    out.clear();
    Reply::Pong(Pong { nonce: ping.nonce }).write(number, &mut out);
    server.send(&out).await;
    assert!(matches!(within(net.next()).await, Some(NetMsg::Event { .. })));
    assert!(matches!(within(net.next()).await, Some(NetMsg::Latency { conn: 1, .. })));
}

#[tokio::test]
async fn the_last_words_are_why_the_connection_ended() {
    let (listener, mut net) = listen().await;
    let mut server = Server::accept(&listener).await;
    within(net.next()).await;
    let mut out = BytesMut::from(&MAGIC[..]);
    let text = "back in a minute".to_owned();
    let closing =
        Closing { code: ErrorCode::ShuttingDown, text: text.clone(), come_back_millis: Some(1) };
    Event::Closing(closing).write(0, &mut out);
    server.send(&out).await;
    drop(server);
    within(net.next()).await;
    assert_eq!(within(net.next()).await, Some(NetMsg::Lost { why: text }));
}

#[tokio::test]
async fn nobody_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let server = listener.local_addr().expect("bound").to_string().into();
    drop(listener);
    let mut net = Net::spawn(Security::Plain, Patience::default());
    net.tell(Command::Dial { server, after: Duration::ZERO }).expect("told");
    assert_eq!(within(net.next()).await, Some(NetMsg::Lost { why: "connection refused".into() }));
}
