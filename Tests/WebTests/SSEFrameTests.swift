import NIOCore
import TestSupport
import Testing
import Web

/// Reads an event stream as the HTML standard says, written from that text: the other side of the writer.
struct EventStreamReader {
    struct Event: Equatable {
        var id: String
        var event: String
        var data: String
    }

    /// CRLF and CR as LF, on bytes: to a String, CR and LF together are one character.
    static func unifyLineBreaks(_ text: String) -> String {
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte != 0x0A || previous != 0x0D { bytes.append(byte == 0x0D ? 0x0A : byte) }
            previous = byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func read(_ text: String) -> (events: [Event], retry: Int?) {
        var events: [Event] = []
        var (id, event, data, retry) = ("", "", [String](), Int?.none)
        let unified = unifyLineBreaks(text)
        for line in unified.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.isEmpty {
                if !data.isEmpty { events.append(Event(id: id, event: event, data: data.joined(separator: "\n"))) }
                (event, data) = ("", [])
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
            switch parts[0] {
            case "id": if !value.contains("\0") { id = value }
            case "event": event = value
            case "data": data.append(value)
            case "retry": retry = Int(value) ?? retry
            default: break
            }
        }
        return (events, retry)
    }
}

@Suite("Frames of an event stream")
struct SSEFrameTests {
    private func text(_ frame: SSEFrame) -> String {
        var buffer = ByteBuffer()
        frame.write(to: &buffer)
        return String(buffer: buffer)
    }

    @Test(
        "to the byte",
        arguments: [
            (SSEFrame(data: "x"), "data: x\n\n"),
            (SSEFrame(id: "7", event: "delta", data: "x"), "id: 7\nevent: delta\ndata: x\n\n"),
            (SSEFrame(data: "a\nb\n\nc"), "data: a\ndata: b\ndata: \ndata: c\n\n"),
            (SSEFrame(data: "a\r\nb\rc"), "data: a\ndata: b\ndata: c\n\n"),
            (SSEFrame(data: "a\n"), "data: a\ndata: \n\n"),
            (SSEFrame(data: ""), "data: \n\n"),
            (SSEFrame(data: " x"), "data:  x\n\n"),
            (SSEFrame(retry: .milliseconds(1500)), "retry: 1500\n\n"),
            (SSEFrame(comment: "hi\nthere"), ": hi\n: there\n\n"),
            (SSEFrame.heartbeat, ": heartbeat\n\n"),
            (SSEFrame(id: "1\ndata: forged", event: "a\r\nb"), "id: 1data: forged\nevent: ab\n\n"),
            (SSEFrame(id: "a\0b", data: "€"), "id: ab\ndata: €\n\n"),
        ])
    func bytes(_ frame: SSEFrame, _ expected: String) {
        #expect(text(frame) == expected)
    }

    @Test("whatever the text, a client reads what was meant, line breaks unified")
    func roundTrip() {
        var generator = SplitMix64(seed: 42)
        let pieces = ["a", "\n", "\r", "\r\n", ":", " ", "data: ", "ü", "\u{1F600}", "id", "\0", ""]
        for _ in 0..<500 {
            let data = (0..<Int.random(in: 0...8, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
            let id = (0..<Int.random(in: 0...3, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
            let (events, _) = EventStreamReader.read(text(SSEFrame(id: id, event: "delta", data: data)))
            let unified = EventStreamReader.unifyLineBreaks(data)
            let line = String(String.UnicodeScalarView(id.unicodeScalars.filter { !"\r\n\0".unicodeScalars.contains($0) }))
            #expect(events.map(\.data) == [unified], "seed 42, data \(data.debugDescription)")
            #expect(events.map(\.event) == ["delta"])
            // One space after the colon belongs to the format; the writer writes it, so the id's own survives.
            #expect(events.map(\.id) == [line], "seed 42, id \(id.debugDescription)")
        }
    }

    @Test("comments and retry times dispatch nothing")
    func silent() {
        let (events, retry) = EventStreamReader.read(text(SSEFrame(retry: .seconds(2), comment: "x")) + text(.heartbeat))
        #expect(events.isEmpty)
        #expect(retry == 2000)
    }
}
