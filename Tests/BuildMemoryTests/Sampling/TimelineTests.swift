import TestSupport
import Testing

@testable import BuildMemory

@Suite("The timeline")
struct TimelineTests {
    private func point(_ at: Int, _ rss: Int) -> Timeline.Point { Timeline.Point(at: at, rss: rss, processes: 1, compileJobs: 0) }

    @Test("keeps every sample while there is room")
    func small() {
        var timeline = Timeline(capacity: 4)
        for place in 0..<3 { timeline.append(point(place, place)) }
        #expect(timeline.points == [point(0, 0), point(1, 1), point(2, 2)])
        #expect(timeline.samplesPerPoint == 1)
    }

    @Test("merges neighbours into the larger of the two when it is full")
    func halving() {
        var timeline = Timeline(capacity: 4)
        for (place, rss) in [5, 1, 2, 9].enumerated() { timeline.append(point(place, rss)) }
        #expect(timeline.points == [point(0, 5), point(3, 9)])
        #expect(timeline.samplesPerPoint == 2)
        timeline.append(point(4, 3))
        #expect(timeline.points == [point(0, 5), point(3, 9), point(4, 3)])
        timeline.append(point(5, 4))
        #expect(timeline.points == [point(0, 5), point(3, 9), point(5, 4)])
    }

    @Test("says that a plateau begins where it began")
    func plateau() {
        var timeline = Timeline(capacity: 2)
        for place in 0..<8 { timeline.append(point(place, 7)) }
        #expect(timeline.points.first == point(0, 7))
    }

    @Test("holds the peak in its place, in order and within its bound, after any number of samples", arguments: [2, 3, 7, 64, 2_000])
    func property(capacity: Int) {
        var generator = SplitMix64(seed: UInt64(capacity))
        for length in [1, 2, capacity, capacity + 1, capacity * 5 + 3, 20_011] {
            var timeline = Timeline(capacity: capacity)
            var samples: [Timeline.Point] = []
            for place in 0..<length {
                let sample = point(place * 10, Int.random(in: 0...1_000_000, using: &generator))
                samples.append(sample)
                timeline.append(sample)
            }
            let points = timeline.points
            #expect(points.count <= timeline.capacity)
            #expect(points.map(\.rss).max() == samples.map(\.rss).max())
            #expect(points.allSatisfy { samples[$0.at / 10] == $0 })
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.at < $1.at })
            // No stretch of time is lost: each point stands for the samples since the one before it.
            #expect(points.count * timeline.samplesPerPoint >= length)
        }
    }
}
