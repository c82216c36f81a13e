"""Event streams and what they say: the project's own table.

The facts were collected from the test suites named as origins, and written down anew;
where a suite cuts the same bytes in several ways there is one case here, as every test
cuts every case in all ways. What contradicts WHATWG follows WHATWG here, and says so.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CASES", "Case", "Event"]


class Event(NamedTuple):
    event: str
    data: bytes
    id: str = ""
    retry: int | None = None


class Case(NamedTuple):
    name: str
    origin: str
    stream: bytes
    events: list[Event]


CASES = [
    Case(
        "unnamed-event-is-message",
        "web-platform-tests: eventsource-onmessage",
        b"data: data\n\n\n",
        [Event("message", b"data")],
    ),
    Case(
        "bom-is-skipped-at-the-very-start-only",
        "web-platform-tests: format-bom",
        b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n\n",
        [Event("message", b"1"), Event("message", b"3")],
    ),
    Case(
        "second-bom-spoils-the-first-line",
        "web-platform-tests: format-bom-2",
        b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n\n",
        [Event("message", b"2"), Event("message", b"3")],
    ),
    Case(
        "what-begins-like-a-bom-is-a-line",
        "this project",
        b"\xef\xbbdata:1\ndata:2\n\n",
        [Event("message", b"2")],
    ),
    Case(
        "longer-names-are-other-fields",
        "this project",
        b"events: a\nretrys: 5\nids: 1\ndatas: 1\neventevent: a\ndata: x\n\n",
        [Event("message", b"x")],
    ),
    Case(
        "comments-within-an-event",
        "web-platform-tests: format-comments",
        b"data:1\r:\x00\n:\r\ndata:2\n:"
        + b"x" * 2048
        + b"\rdata:3\n:data:fail\r:"
        + b"x" * 2048
        + b"\ndata:4\n\n",
        [Event("message", b"1\n2\n3\n4")],
    ),
    Case(
        "unterminated-last-event-is-dropped",
        "web-platform-tests: format-data-before-final-empty-line",
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
        [Event("message", b"test1", "", 1000)],
    ),
    Case(
        "data-line-without-value-is-data",
        "web-platform-tests: format-field-data",
        b"data:\n\ndata\ndata\n\ndata:test\n\n\n",
        [Event("message", b""), Event("message", b"\n"), Event("message", b"test")],
    ),
    Case(
        "empty-event-name-is-message",
        "web-platform-tests: format-field-event-empty",
        b"event: \ndata:data\n\n\n",
        [Event("message", b"data")],
    ),
    Case(
        "event-name-is-forgotten-after-its-event",
        "web-platform-tests: format-field-event",
        b"event:test\ndata:x\n\ndata:x\n\n\n",
        [Event("test", b"x"), Event("message", b"x")],
    ),
    Case(
        "field-names-are-exact",
        "web-platform-tests: format-field-parsing",
        b"data:\x00\n"
        b"data:  2\r"
        b"Data:1\n"
        b"data\x00:2\n"
        b"data:1\r"
        b"\x00data:4\n"
        b"da-ta:3\r"
        b"data_5\n"
        b"data:3\r"
        b"data:\r\n"
        b" data:32\n"
        b"data:4\n"
        b"\n",
        [Event("message", b"\x00\n 2\n1\n3\n\n4")],
    ),
    Case(
        "retry-with-leading-zero-is-decimal",
        "web-platform-tests: format-field-retry",
        b"retry:03000\ndata:x\n\n\n",
        [Event("message", b"x", "", 3000)],
    ),
    Case(
        "retry-that-is-no-number-is-ignored",
        "web-platform-tests: format-field-retry-bogus",
        b"retry:3000\nretry:1000x\ndata:x\n\n\n",
        [Event("message", b"x", "", 3000)],
    ),
    Case(
        "retry-without-value-is-ignored",
        "web-platform-tests: format-field-retry-empty",
        b"retry\ndata:test\n\n\n",
        [Event("message", b"test")],
    ),
    Case(
        "unknown-fields-within-an-event",
        "web-platform-tests: format-field-unknown",
        b"data:test\n"
        b" data\n"
        b"data\n"
        b"foobar:xxx\n"
        b"justsometext\n"
        b":thisisacommentyay\n"
        b"data:test\n"
        b"\n"
        b"\n",
        [Event("message", b"test\n\ntest")],
    ),
    Case(
        "one-leading-space-but-no-tab-is-removed",
        "web-platform-tests: format-leading-space",
        b"data:\ttest\rdata: \ndata:test\n\n\n",
        [Event("message", b"\ttest\n\ntest")],
    ),
    Case(
        "mixed-line-ends-in-one-event",
        "web-platform-tests: format-newlines",
        b"data:test\r\ndata\ndata:test\r\n\r\n",
        [Event("message", b"test\n\ntest")],
    ),
    Case(
        "nul-is-data",
        "web-platform-tests: format-null-character",
        b"data:\x00\n\n\n\n\n",
        [Event("message", b"\x00")],
    ),
    Case(
        "non-ascii-data",
        "web-platform-tests: format-utf-8",
        b"data:ok\xe2\x80\xa6\n\n\n",
        [Event("message", b"ok\xe2\x80\xa6")],
    ),
    Case(
        "non-ascii-id-with-retry",
        "web-platform-tests: format-field-id",
        b"id: \xe2\x80\xa6\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "…", 200)],
    ),
    Case(
        "id-stays",
        "web-platform-tests: format-field-id-3#persist",
        b"id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata:3\n\ndata:4\n\n",
        [
            Event("message", b"1", "1"),
            Event("message", b"2", "1"),
            Event("message", b"3", "2"),
            Event("message", b"4", "2"),
        ],
    ),
    Case(
        "empty-id-resets",
        "web-platform-tests: format-field-id-3#reset-colon",
        b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        [Event("message", b"1", "1"), Event("message", b"2"), Event("message", b"3")],
    ),
    Case(
        "id-without-colon-resets",
        "web-platform-tests: format-field-id-3#reset-nocolon",
        b"id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n",
        [Event("message", b"1", "1"), Event("message", b"2"), Event("message", b"3")],
    ),
    Case(
        "id-of-two-nuls-is-ignored",
        "web-platform-tests: format-field-id-null#0",
        b"id: \x00\x00\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "", 200)],
    ),
    Case(
        "id-ending-in-nul-is-ignored",
        "web-platform-tests: format-field-id-null#1",
        b"id: x\x00\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "", 200)],
    ),
    Case(
        "id-beginning-with-nul-is-ignored",
        "web-platform-tests: format-field-id-null#2",
        b"id: \x00x\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "", 200)],
    ),
    Case(
        "id-with-nul-inside-is-ignored",
        "web-platform-tests: format-field-id-null#3",
        b"id: x\x00x\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "", 200)],
    ),
    Case(
        "id-of-space-and-nul-is-ignored",
        "web-platform-tests: format-field-id-null#4",
        b"id:  \x00\nretry: 200\ndata: hello\n\n",
        [Event("message", b"hello", "", 200)],
    ),
    Case(
        "block-without-data-is-no-event",
        "web-platform-tests: event-data",
        b"data:msg\ndata: msg\n\n"
        b":\nfalsefield:msg\n\n"
        b"falsefield:msg\nData:data\n\n"
        b"data\n\n"
        b"data:end\n\n",
        [
            Event("message", b"msg\nmsg"),
            Event("message", b""),
            Event("message", b"end"),
        ],
    ),
    Case(
        "one-event",
        "launchdarkly/sse-contract-tests: one-line",
        b"data: Hello\n\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "second-event-without-the-space",
        "launchdarkly/sse-contract-tests: two messages spanning 3 chunks",
        b"data: testtest\n\ndata:test\n\n",
        [Event("message", b"testtest"), Event("message", b"test")],
    ),
    Case(
        "two-events",
        "launchdarkly/sse-contract-tests: two one-line messages in one chunk",
        b"data: Hello\n\ndata: World\n\n",
        [Event("message", b"Hello"), Event("message", b"World")],
    ),
    Case(
        "two-data-lines",
        "launchdarkly/sse-contract-tests: one two-line message",
        b"data: Hello\ndata:World\n\n",
        [Event("message", b"Hello\nWorld")],
    ),
    Case(
        "empty-data",
        "launchdarkly/sse-contract-tests: empty data",
        b"data:\n\n",
        [Event("message", b"")],
    ),
    Case(
        "named-event",
        "launchdarkly/sse-contract-tests: event with specific type",
        b"event: greeting\ndata: Hello\n\n",
        [Event("greeting", b"Hello")],
    ),
    Case(
        "event-with-id",
        "launchdarkly/sse-contract-tests: event with ID",
        b"id: abc\ndata: Hello\n\n",
        [Event("message", b"Hello", "abc")],
    ),
    Case(
        "named-event-with-id",
        "launchdarkly/sse-contract-tests: event with type and ID",
        b"event: greeting\nid: abc\ndata: Hello\n\n",
        [Event("greeting", b"Hello", "abc")],
    ),
    Case(
        "nul-in-id",
        "launchdarkly/sse-contract-tests: ID containing null ignored",
        b"id: a\x00bc\ndata: Hello\n\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "id-persists",
        "launchdarkly/sse-contract-tests: last ID persists",
        b"id: abc\ndata: first\n\ndata: second\n\n",
        [Event("message", b"first", "abc"), Event("message", b"second", "abc")],
    ),
    Case(
        "id-of-one-space-resets",
        "launchdarkly/sse-contract-tests: last ID overridden by empty",
        b"id: abc\ndata: first\n\nid: \ndata: second\n\n",
        [Event("message", b"first", "abc"), Event("message", b"second")],
    ),
    Case(
        "data-first-name-last",
        "launchdarkly/sse-contract-tests: fields in reverse order",
        b"data: Hello\nid: abc\nevent: greeting\n\n",
        [Event("greeting", b"Hello", "abc")],
    ),
    Case(
        "unknown-field-in-front-of-data",
        "launchdarkly/sse-contract-tests: unknown field ignored",
        b"event: greeting\ncolor: blue\ndata: Hello\n\n",
        [Event("greeting", b"Hello")],
    ),
    Case(
        "no-space-behind-colons",
        "launchdarkly/sse-contract-tests: fields without leading space",
        b"event:greeting\ndata:Hello\n\n",
        [Event("greeting", b"Hello")],
    ),
    Case(
        "two-spaces-behind-colons",
        "launchdarkly/sse-contract-tests: fields with extra leading space",
        b"event:  greeting\ndata:  Hello\n\n",
        [Event(" greeting", b" Hello")],
    ),
    Case(
        "data-without-colon",
        "launchdarkly/sse-contract-tests: field with no colon",
        b"data\n\ndata\ndata\n\n",
        [Event("message", b""), Event("message", b"\n")],
    ),
    Case(
        "multi-byte-characters",
        "launchdarkly/sse-contract-tests: multi-byte characters",
        b"data: \xe2\x82\xac\xe8\xb1\x86\xe8\x85\x90\n\n",
        [Event("message", b"\xe2\x82\xac\xe8\xb1\x86\xe8\x85\x90")],
    ),
    Case(
        "a-hundred-events",
        "launchdarkly/sse-contract-tests: many messages in rapid succession",
        b"".join(b"data: message %d\n\n" % i for i in range(100)),
        [Event("message", b"message %d" % i) for i in range(100)],
    ),
    Case(
        "bom",
        "launchdarkly/sse-contract-tests: BOM at start stripped",
        b"\xef\xbb\xbfdata: Hello\n\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "bom-before-named-event",
        "launchdarkly/sse-contract-tests: BOM before typed event",
        b"\xef\xbb\xbfevent: greeting\nid: abc\ndata: Hello\n\n",
        [Event("greeting", b"Hello", "abc")],
    ),
    Case(
        "bom-then-two-events",
        "launchdarkly/sse-contract-tests: BOM stripped once, two messages",
        b"\xef\xbb\xbfdata: First\n\ndata: Second\n\n",
        [Event("message", b"First"), Event("message", b"Second")],
    ),
    Case(
        "bom-in-data",
        "launchdarkly/sse-contract-tests: BOM inside data preserved",
        b"data: First\n\ndata: \xef\xbb\xbfSecond\n\n",
        [Event("message", b"First"), Event("message", b"\xef\xbb\xbfSecond")],
    ),
    Case(
        "bom-and-bom-in-data",
        "launchdarkly/sse-contract-tests: second BOM in data preserved",
        b"\xef\xbb\xbfdata: \xef\xbb\xbfHello\n\n",
        [Event("message", b"\xef\xbb\xbfHello")],
    ),
    Case(
        "bom-then-two-data-lines",
        "launchdarkly/sse-contract-tests: BOM with multi-line data",
        b"\xef\xbb\xbfdata: Line1\ndata: Line2\n\n",
        [Event("message", b"Line1\nLine2")],
    ),
    Case(
        "bom-then-comment",
        "launchdarkly/sse-contract-tests: BOM then comment",
        b"\xef\xbb\xbf:comment\ndata: Hello\n\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "bom-then-empty-data",
        "launchdarkly/sse-contract-tests: BOM and empty data",
        b"\xef\xbb\xbfdata:\n\n",
        [Event("message", b"")],
    ),
    Case(
        "comment-only",
        "launchdarkly/sse-contract-tests: single comment",
        b":Hello\n",
        [],
    ),
    Case(
        "two-comments-only",
        "launchdarkly/sse-contract-tests: two comments",
        b":Hello\n:World\n",
        [],
    ),
    Case(
        "comment-before-event",
        "launchdarkly/sse-contract-tests: comment before event",
        b":Hello\ndata: Hello\n\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "comment-after-event",
        "launchdarkly/sse-contract-tests: comment after event",
        b"data: Hello\n\n:Hello\n",
        [Event("message", b"Hello")],
    ),
    Case(
        "lf-event",
        "launchdarkly/sse-contract-tests: LF one-line",
        b"data: event 1\n\n",
        [Event("message", b"event 1")],
    ),
    Case(
        "lf-two-events",
        "launchdarkly/sse-contract-tests: LF one+two-line",
        b"data: event 1\n\ndata: event 2 line 1\ndata: event 2 line 2\n\n",
        [
            Event("message", b"event 1"),
            Event("message", b"event 2 line 1\nevent 2 line 2"),
        ],
    ),
    Case(
        "lf-empty-first-data-line",
        "launchdarkly/sse-contract-tests: LF 3-line empty first",
        b"data:\ndata: line2\ndata: line3\n\n",
        [Event("message", b"\nline2\nline3")],
    ),
    Case(
        "lf-empty-middle-data-line",
        "launchdarkly/sse-contract-tests: LF 3-line empty middle",
        b"data: line1\ndata:\ndata: line3\n\n",
        [Event("message", b"line1\n\nline3")],
    ),
    Case(
        "lf-blank-line-between",
        "launchdarkly/sse-contract-tests: LF 1 extra empty line",
        b"data: event 1\n\n\ndata: event 2\n\n",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "lf-blank-lines-between",
        "launchdarkly/sse-contract-tests: LF 2 extra empty lines",
        b"data: event 1\n\n\n\ndata: event 2\n\n",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "crlf-event",
        "launchdarkly/sse-contract-tests: CRLF one-line",
        b"data: event 1\r\n\r\n",
        [Event("message", b"event 1")],
    ),
    Case(
        "crlf-two-events",
        "launchdarkly/sse-contract-tests: CRLF one+two-line",
        b"data: event 1\r\n\r\ndata: event 2 line 1\r\ndata: event 2 line 2\r\n\r\n",
        [
            Event("message", b"event 1"),
            Event("message", b"event 2 line 1\nevent 2 line 2"),
        ],
    ),
    Case(
        "crlf-empty-first-data-line",
        "launchdarkly/sse-contract-tests: CRLF 3-line empty first",
        b"data:\r\ndata: line2\r\ndata: line3\r\n\r\n",
        [Event("message", b"\nline2\nline3")],
    ),
    Case(
        "crlf-empty-middle-data-line",
        "launchdarkly/sse-contract-tests: CRLF 3-line empty middle",
        b"data: line1\r\ndata:\r\ndata: line3\r\n\r\n",
        [Event("message", b"line1\n\nline3")],
    ),
    Case(
        "crlf-blank-line-between",
        "launchdarkly/sse-contract-tests: CRLF 1 extra empty line",
        b"data: event 1\r\n\r\n\r\ndata: event 2\r\n\r\n",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "crlf-blank-lines-between",
        "launchdarkly/sse-contract-tests: CRLF 2 extra empty lines",
        b"data: event 1\r\n\r\n\r\n\r\ndata: event 2\r\n\r\n",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "cr-event",
        "launchdarkly/sse-contract-tests: CR one-line",
        b"data: event 1\r\r",
        [Event("message", b"event 1")],
    ),
    Case(
        "cr-two-events",
        "launchdarkly/sse-contract-tests: CR one+two-line",
        b"data: event 1\r\rdata: event 2 line 1\rdata: event 2 line 2\r\r",
        [
            Event("message", b"event 1"),
            Event("message", b"event 2 line 1\nevent 2 line 2"),
        ],
    ),
    Case(
        "cr-empty-first-data-line",
        "launchdarkly/sse-contract-tests: CR 3-line empty first",
        b"data:\rdata: line2\rdata: line3\r\r",
        [Event("message", b"\nline2\nline3")],
    ),
    Case(
        "cr-empty-middle-data-line",
        "launchdarkly/sse-contract-tests: CR 3-line empty middle",
        b"data: line1\rdata:\rdata: line3\r\r",
        [Event("message", b"line1\n\nline3")],
    ),
    Case(
        "cr-blank-line-between",
        "launchdarkly/sse-contract-tests: CR 1 extra empty line",
        b"data: event 1\r\r\rdata: event 2\r\r",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "cr-blank-lines-between",
        "launchdarkly/sse-contract-tests: CR 2 extra empty lines",
        b"data: event 1\r\r\r\rdata: event 2\r\r",
        [Event("message", b"event 1"), Event("message", b"event 2")],
    ),
    Case(
        "crlf-inside-and-between",
        "launchdarkly/sse-contract-tests: CRLF where CR ends a chunk",
        b"data: Hello\r\ndata: World\r\n\r\ndata: OK\r\n\r\n",
        [Event("message", b"Hello\nWorld"), Event("message", b"OK")],
    ),
    Case(
        "five-unnamed-and-one-named",
        "rexxars/eventsource-parser: basic unnamed",
        b"data: 0\n\n"
        b"data: 1\n\n"
        b"data: 2\n\n"
        b"data: 3\n\n"
        b"data: 4\n\n"
        b"event: done\ndata: \xe2\x9c\x94\n\n",
        [
            Event("message", b"0"),
            Event("message", b"1"),
            Event("message", b"2"),
            Event("message", b"3"),
            Event("message", b"4"),
            Event("done", b"\xe2\x9c\x94"),
        ],
    ),
    Case(
        "three-data-lines-twice",
        "rexxars/eventsource-parser: multi-line data",
        b"event: stock\ndata: YHOO\ndata: +2\ndata: 10\n\n"
        b"event: stock\ndata: GOOG\ndata: -8\ndata: 1881\n\n",
        [Event("stock", b"YHOO\n+2\n10"), Event("stock", b"GOOG\n-8\n1881")],
    ),
    Case(
        "blank-lines-in-front",
        "rexxars/eventsource-parser: leading empty lines",
        "\n\n\n\nid: 1\ndata: 我現在都看實況不玩遊戲\n\n".encode(),
        [Event("message", "我現在都看實況不玩遊戲".encode(), "1")],
    ),
    Case(
        "bom-later-makes-an-unknown-field",
        "rexxars/eventsource-parser: BOM in later chunk makes unknown field",
        b"\xef\xbb\xbfdata: bomful 1\n\n"
        b"\xef\xbb\xbfdata: bomful 2\n\n"
        b"data: bomless 3\n\n",
        [Event("message", b"bomful 1"), Event("message", b"bomless 3")],
    ),
    Case(
        "cr-two-data-lines-twice",
        "rexxars/eventsource-parser: CR only",
        b"data: dog\rdata: bark\r\rdata: cat\rdata: meow\r\r",
        [Event("message", b"dog\nbark"), Event("message", b"cat\nmeow")],
    ),
    Case(
        "crlf-two-data-lines-twice",
        "rexxars/eventsource-parser: CRLF",
        b"data: sheep\r\ndata: bleat\r\n\r\ndata: pig\r\ndata: oink\r\n\r\n",
        [Event("message", b"sheep\nbleat"), Event("message", b"pig\noink")],
    ),
    Case(
        "odd-comments",
        "rexxars/eventsource-parser: odd comments",
        b": Hello\n\n"
        + b":" * 300
        + b"\ndata: First\n\n"
        + ": Первый: 第二\ndata: Second\n\n".encode()
        + b": Moop \n" * 10
        + ": ثالث\ndata: Third\n\n".encode(),
        [
            Event("message", b"First"),
            Event("message", b"Second"),
            Event("message", b"Third"),
        ],
    ),
    Case(
        "comments-between-events",
        "rexxars/eventsource-parser: mixed comments across chunks",
        b"data:1\r\r"
        + b":\x00\n:\r\ndata:2\n\n"
        + b":"
        + b"x" * 2049
        + b"\rdata:3\n\n"
        + b":data:fail\r:"
        + b"x" * 2049
        + b"\ndata:4\n\n"
        + b"data:5",
        [
            Event("message", b"1"),
            Event("message", b"2"),
            Event("message", b"3"),
            Event("message", b"4"),
        ],
    ),
    Case(
        "empty-event-name-and-no-data",
        "rexxars/eventsource-parser: empty event field",
        b"event:\ndata: Hello 1\n\nevent:\n\nevent: done\ndata: \xe2\x9c\x94\n\n",
        [Event("message", b"Hello 1"), Event("done", b"\xe2\x9c\x94")],
    ),
    Case(
        "data-lines-of-all-kinds",
        "rexxars/eventsource-parser: oddly shaped data",
        b"data:\n\ndata\ndata\n\ndata:test\n\n",
        [Event("message", b""), Event("message", b"\n"), Event("message", b"test")],
    ),
    Case(
        "crlf-ended-by-lf",
        "rexxars/eventsource-parser: CR ends chunk inside one event",
        b"data: A\r\ndata: B\r\ndata: C\r\n\n",
        [Event("message", b"A\nB\nC")],
    ),
    Case(
        "valid-retry-stays",
        "rexxars/eventsource-parser: retry then invalid retry",
        b"retry:1000\nretry:2000x\ndata:x\n\n",
        [Event("message", b"x", "", 1000)],
    ),
    # There it sets the reconnection time of the stream, which a decoder has not.
    Case(
        "retry-of-a-block-without-data-is-nobodys",
        "rexxars/eventsource-parser: retry 50x ignored",
        b"\nretry: 500\n\ndata: first\n\nretry: 50x\n\ndata: second\n\n",
        [Event("message", b"first"), Event("message", b"second")],
    ),
    Case(
        "id-with-nul-keeps-the-one-before",
        "rexxars/eventsource-parser: id with NUL keeps previous id",
        b"id: 123\nid: bad\x00id\ndata: hello\n\n",
        [Event("message", b"hello", "123")],
    ),
    Case(
        "unknown-fields-and-comment",
        "rexxars/eventsource-parser: unknown fields",
        b"data:abc\n"
        b" data\n"
        b"data\n"
        b"foobar:xxx\n"
        b"justsometext\n"
        b":thisisacommentyay\n"
        b"data:123\n"
        b"\n",
        [Event("message", b"abc\n\n123")],
    ),
    Case(
        "comment-ended-by-crlf",
        "rexxars/eventsource-parser: comment split by CRLF",
        b"data: one\n:ignored\r\ndata: two\n\n",
        [Event("message", b"one\ntwo")],
    ),
    Case(
        "comment-ended-by-cr",
        "rexxars/eventsource-parser: comment bare CR at chunk end",
        b"data: one\n:ignored\rdata: two\n\n",
        [Event("message", b"one\ntwo")],
    ),
    Case(
        "data-without-colon-ended-by-crlf",
        "rexxars/eventsource-parser: bare field CR at chunk end then LF",
        b"data: one\ndata\r\ndata: two\n\n",
        [Event("message", b"one\n\ntwo")],
    ),
    Case(
        "garbage-line-ended-by-cr",
        "rexxars/eventsource-parser: garbage line by CR at chunk end",
        b"garbage\rdata: ok\n\n",
        [Event("message", b"ok")],
    ),
    Case(
        "cr-crlf-is-one-blank-line",
        "rexxars/eventsource-parser: blank CR line then LF dispatches once",
        b"data: one\r\r\n",
        [Event("message", b"one")],
    ),
    Case(
        "bare-data-line",
        "rexxars/eventsource-parser: field name split across chunks",
        b"data\n\n",
        [Event("message", b"")],
    ),
    Case(
        "json-data",
        "openai-python: basic",
        b'event: completion\ndata: {"foo":true}\n\n',
        [Event("completion", b'{"foo":true}')],
    ),
    Case(
        "json-data-unnamed",
        "openai-python: data_missing_event",
        b'data: {"foo":true}\n\n',
        [Event("message", b'{"foo":true}')],
    ),
    # The SDK gives an event with empty data here; by WHATWG, no data is no event.
    Case(
        "name-without-data",
        "openai-python: event_missing_data",
        b"event: ping\n\n",
        [],
    ),
    # The SDK gives an event with empty data here; by WHATWG, no data is no event.
    Case(
        "names-without-data",
        "openai-python: multiple_events",
        b"event: ping\n\nevent: completion\n\n",
        [],
    ),
    Case(
        "two-names-with-data",
        "openai-python: multiple_events_with_data",
        b'event: ping\ndata: {"foo":true}\n\n'
        b'event: completion\ndata: {"bar":false}\n\n',
        [Event("ping", b'{"foo":true}'), Event("completion", b'{"bar":false}')],
    ),
    Case(
        "json-over-lines-two-of-them-empty",
        "openai-python: multiple_data_lines_with_empty_line",
        b'event: ping\ndata: {\ndata: "foo":\ndata: \ndata:\ndata: true}\n\n\n',
        [Event("ping", b'{\n"foo":\n\n\ntrue}')],
    ),
    Case(
        "escaped-line-ends-are-data",
        "openai-python: data_json_escaped_double_new_line",
        b'event: ping\ndata: {"foo": "my long\\n\\ncontent"}\n\n',
        [Event("ping", b'{"foo": "my long\\n\\ncontent"}')],
    ),
    Case(
        "json-over-lines",
        "openai-python: multiple_data_lines",
        b'event: ping\ndata: {\ndata: "foo":\ndata: true}\n\n\n',
        [Event("ping", b'{\n"foo":\ntrue}')],
    ),
    Case(
        "u2028-is-no-line-end",
        "openai-python: special_new_line_character",
        b'data: {"content":" culpa"}\n\n'
        b'data: {"content":"\xe2\x80\xa8"}\n\n'
        b'data: {"content":"foo"}\n\n',
        [
            Event("message", b'{"content":" culpa"}'),
            Event("message", b'{"content":"\xe2\x80\xa8"}'),
            Event("message", b'{"content":"foo"}'),
        ],
    ),
    Case(
        "cyrillic-json",
        "openai-python: multi_byte_character_multiple_chunks",
        'data: {"content":"известни"}\n\n'.encode(),
        [Event("message", '{"content":"известни"}'.encode())],
    ),
    Case(
        "garbage-after-done",
        "openai-python: done_then_garbage",
        b"data: [DONE]\n\n\xff\n\n",
        [Event("message", b"[DONE]")],
    ),
    Case(
        "bytes-that-are-not-utf-8",
        "this project",
        b"event: \xff\nid: \xfe\ndata: a\x80b\xe2\x82\n\n",
        [Event("\ufffd", b"a\x80b\xe2\x82", "\ufffd")],
    ),
    Case(
        "id-of-a-block-without-data-stays",
        "this project",
        b"id: 1\n\nid: 2\n\ndata: x\n\n",
        [Event("message", b"x", "2")],
    ),
    Case(
        "name-of-a-block-without-data-is-forgotten",
        "this project",
        b"event: a\n\ndata: x\n\n",
        [Event("message", b"x")],
    ),
    Case(
        "retry-of-absurd-length-is-ignored",
        "this project",
        b"retry: 7\nretry: 999999999999999999999\ndata: x\n\n",
        [Event("message", b"x", "", 7)],
    ),
    Case(
        "retry-of-many-zeros-is-short",
        "this project",
        b"retry: 000000000000000000000000000012\ndata: x\n\n",
        [Event("message", b"x", "", 12)],
    ),
    Case(
        "retry-of-zero",
        "this project",
        b"retry: 000\ndata: x\n\n",
        [Event("message", b"x", "", 0)],
    ),
    Case(
        "retry-of-other-digits-is-ignored",
        "this project",
        b"retry: \xd9\xa3\ndata: x\n\n",
        [Event("message", b"x")],
    ),
    Case(
        "retry-belongs-to-its-own-block",
        "this project",
        b"retry: 5\ndata: x\n\ndata: y\n\n",
        [Event("message", b"x", "", 5), Event("message", b"y")],
    ),
    Case(
        "u2028-u0085-vt-ff-are-no-line-ends",
        "this project",
        b"data: a\xe2\x80\xa8b\xc2\x85c\x0bd\x0ce\x1cf\n\n",
        [Event("message", b"a\xe2\x80\xa8b\xc2\x85c\x0bd\x0ce\x1cf")],
    ),
    Case(
        "one-shape-then-a-space-more",
        "this project",
        b"event: a\ndata:x\n\nevent: a\ndata: y\n\nevent: a\ndata:  z\n\n",
        [Event("a", b"x"), Event("a", b"y"), Event("a", b" z")],
    ),
    Case(
        "data-like-a-head",
        "this project",
        b"event: a\ndata: event: a\n\nevent: a\ndata: data: \n\n",
        [Event("a", b"event: a"), Event("a", b"data: ")],
    ),
    Case(
        "a-field-that-ends-like-data",
        "this project",
        b"data: a\nmetadata: a\n\ndata: a\nmetadata: b\n\n",
        [Event("message", b"a"), Event("message", b"a")],
    ),
    Case(
        "two-names-take-turns",
        "this project",
        b"event: a\ndata: 1\n\nevent: b\ndata: 2\n\n" * 3,
        [Event("a", b"1"), Event("b", b"2")] * 3,
    ),
    Case(
        "an-id-each-and-then-two-data-lines",
        "this project",
        b"id: 1\nevent: a\ndata: x\n\nid: 2\nevent: a\ndata: y\n\n"
        b"id: 3\nevent: a\ndata: y\ndata: z\n\n",
        [Event("a", b"x", "1"), Event("a", b"y", "2"), Event("a", b"y\nz", "3")],
    ),
    Case(
        "lf-then-crlf",
        "this project",
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\n"
        b"event: a\ndata: 3\r\n\r\nevent: a\r\ndata: 4\r\n\r\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "lf-then-crlf-within-the-head",
        "this project",
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\n"
        b"event: a\r\ndata: 3\n\nevent: a\r\ndata: 4\r\n\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "lf-then-cr",
        "this project",
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\n"
        b"event: a\ndata: 3\r\revent: a\rdata: 4\r\r",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "lf-then-cr-within-the-head",
        "this project",
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\n"
        b"event: a\rdata: 3\n\nevent: a\rdata: 4\r\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3")],
    ),
    Case(
        "crlf-then-lf",
        "this project",
        b"event: a\r\ndata: 1\r\n\r\nevent: a\r\ndata: 2\r\n\r\n"
        b"event: a\r\ndata: 3\n\nevent: a\ndata: 4\n\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "crlf-then-lf-within-the-head",
        "this project",
        b"event: a\r\ndata: 1\r\n\r\nevent: a\r\ndata: 2\r\n\r\n"
        b"event: a\ndata: 3\r\n\r\nevent: a\ndata: 4\n\r\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "crlf-then-cr",
        "this project",
        b"event: a\r\ndata: 1\r\n\r\nevent: a\r\ndata: 2\r\n\r\n"
        b"event: a\r\ndata: 3\r\revent: a\rdata: 4\r\r",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "crlf-then-cr-within-the-head",
        "this project",
        b"event: a\r\ndata: 1\r\n\r\nevent: a\r\ndata: 2\r\n\r\n"
        b"event: a\rdata: 3\r\n\r\nevent: a\rdata: 4\r\r\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "cr-then-lf",
        "this project",
        b"event: a\rdata: 1\r\revent: a\rdata: 2\r\r"
        b"event: a\rdata: 3\n\nevent: a\ndata: 4\n\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "cr-then-lf-within-the-head",
        "this project",
        b"event: a\rdata: 1\r\revent: a\rdata: 2\r\r"
        b"event: a\ndata: 3\r\revent: a\ndata: 4\n\r",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "cr-then-crlf",
        "this project",
        b"event: a\rdata: 1\r\revent: a\rdata: 2\r\r"
        b"event: a\rdata: 3\r\n\r\nevent: a\r\ndata: 4\r\n\r\n",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
    Case(
        "cr-then-crlf-within-the-head",
        "this project",
        b"event: a\rdata: 1\r\revent: a\rdata: 2\r\r"
        b"event: a\r\ndata: 3\r\revent: a\r\ndata: 4\r\n\r",
        [Event("a", b"1"), Event("a", b"2"), Event("a", b"3"), Event("a", b"4")],
    ),
]
