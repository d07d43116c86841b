import Testing

@testable import Inference

/// Damaged streams: a decoder never traps, ends once, and completes nothing that the provider did not finish. A failure names the seed.
@Suite struct WireFuzzTests {
    private static let seeds: [UInt64] = Array(1...40)

    @Test("events that are lost, doubled and swapped, and bytes that are lost, doubled and flipped", arguments: WireFixture.all)
    func damage(_ fixture: WireFixture) async {
        for seed in Self.seeds {
            await Task.yield()
            var generator = SeededGenerator(seed: seed)
            let bytes = Self.damaged(fixture.bytes(Self.shuffled(fixture.frames, &generator)), &generator)
            let found = fixture.decoded(bytes, by: Int.random(in: 1...50, using: &generator))
            #expect(found.endings.count == 1, "seed \(seed)")
            #expect(!found.followsEnding, "seed \(seed)")
        }
    }

    @Test("without the marks of the end no damage completes an answer", arguments: WireFixture.all)
    func damageBeforeFinish(_ fixture: WireFixture) async {
        // A finish before an error is one that tells of a cut, and a word that damage makes of it completes nothing either.
        let frames = Array(fixture.frames[..<fixture.settling])
        for seed in Self.seeds {
            await Task.yield()
            var generator = SeededGenerator(seed: seed)
            let bytes = Self.damaged(fixture.bytes(Self.shuffled(frames, &generator)), &generator)
            let found = fixture.decoded(bytes)
            #expect(found.outcome != .completed, "seed \(seed)")
            #expect(found.calls.isEmpty, "seed \(seed)")
            #expect(found.endings.count == 1, "seed \(seed)")
        }
    }

    @Test("any single event lost or doubled ends the stream once", arguments: WireFixture.all)
    func singleEvents(_ fixture: WireFixture) {
        for place in fixture.frames.indices {
            var lost = fixture.frames
            lost.remove(at: place)
            var doubled = fixture.frames
            doubled.insert(fixture.frames[place], at: place)
            for frames in [lost, doubled] {
                let found = fixture.decoded(fixture.bytes(frames))
                #expect(found.endings.count == 1, "at \(place)")
                #expect(!found.followsEnding, "at \(place)")
                #expect(Set(found.calls.map(\.id)).count == found.calls.count, "at \(place)")
            }
        }
    }

    /// A few frames are dropped, doubled or swapped.
    private static func shuffled(_ frames: [String], _ generator: inout SeededGenerator) -> [String] {
        var frames = frames
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !frames.isEmpty {
            let place = Int.random(in: 0..<frames.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: frames.remove(at: place)
            case 1: frames.insert(frames[place], at: place)
            default: frames.swapAt(place, Int.random(in: 0..<frames.count, using: &generator))
            }
        }
        return frames
    }

    /// A few bytes are dropped, doubled or flipped.
    private static func damaged(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(bytes[place], at: place)
            default: bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            }
        }
        return bytes
    }
}
