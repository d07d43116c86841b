import NIOCore
import Testing

@testable import Emulators

@Suite("Split points") struct ByteSplitterTests {
    private func split(_ texts: [String], _ wire: EmulatorWire) -> [[UInt8]] {
        var splitter = ByteSplitter(wire)
        return texts.flatMap { splitter.split(ByteBuffer(string: $0)) }.map { Array($0.readableBytesView) }
    }

    @Test("leave writes alone when there are none") func none() {
        #expect(split(["ab", "", "c"], EmulatorWire()) == [[0x61, 0x62], [0x63]])
    }

    @Test("cut characters and line ends apart, and lose no byte", arguments: 1...9) func every(size: Int) {
        let texts = ["data: é🚢\r\n\r\n", "data: x\r\n\r\n"]
        let parts = split(texts, EmulatorWire(splitEvery: size))
        #expect(parts.flatMap(\.self) == Array(texts.joined().utf8))
        // Counted over the whole body: a write ends at each multiple.
        var position = 0
        for part in parts {
            #expect(part.count <= size)
            #expect(position / size == (position + part.count - 1) / size)
            position += part.count
        }
    }

    @Test("count offsets from the beginning of the body") func offsets() {
        let parts = split(["aé", "\r\n\r\nb"], EmulatorWire(splitAt: [2, 4, 4, 0, 99]))
        #expect(parts == [[0x61, 0xC3], [0xA9], [0x0D], [0x0A, 0x0D, 0x0A, 0x62]])
    }
}
