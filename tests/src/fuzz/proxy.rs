//! The header of a proxy, and the ranges of proxies: nothing behind the header is read, nothing before it is forgiven.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use chat_server::proxy::{Header, Range, read};

pub(super) fn run(data: &[u8]) {
    let mut rest = data;
    // Bytes in memory are always there: the future is ready at once.
    let poll = pin!(read(&mut rest)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(header) = poll else { panic!("it waits for what is there") };
    if let Ok(header) = header {
        let length = usize::from(u16::from_be_bytes([data[14], data[15]]));
        assert_eq!(rest.len(), data.len() - 16 - length);
        assert!(data.starts_with(b"\r\n\r\n\0\r\nQUIT\n"));
        assert!(header != Header::Local || matches!(data[12], 0x20 | 0x21));
    }
    let _range = String::from_utf8_lossy(data).parse::<Range>();
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let header = |rest: &[u8]| [b"\r\n\r\n\0\r\nQUIT\n", rest].concat();
    vec![
        header(b"\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\xc8\0\x09\x7calice\n"),
        header(&[&b"\x21\x21\0\x24"[..], &[7; 40]].concat()),
        header(b"\x20\0\0\0hi"),
        header(b"\x21\x11\xff\xff"),
        b"172.16.0.0/12".to_vec(),
        b"2001:db8::/32".to_vec(),
    ]
}
