import TestSupport
import Testing

@testable import Postgres

@Suite struct WaitingLineTests {
    @Test func `first in is first out, over many rounds`() {
        var line = WaitingLine<Int>()
        var expected = 0
        for element in 0..<1_000 {
            line.append(element)
            if element % 3 != 0 {
                #expect(line.popFirst() == expected)
                expected += 1
            }
        }
        while let element = line.popFirst() {
            #expect(element == expected)
            expected += 1
        }
        #expect(expected == 1_000)
        #expect(line.isEmpty)
    }

    @Test func `leaving from the middle keeps the order and is told apart from not being there`() {
        var line = WaitingLine<Int>()
        for element in 1...5 { line.append(element) }
        #expect(line.popFirst() == 1)
        #expect(line.remove(3) == true)
        #expect(line.remove(3) == false)
        #expect(line.remove(1) == false)
        #expect(line.count == 3)
        #expect(line.removeAll() == [2, 4, 5])
        #expect(line.isEmpty && line.popFirst() == nil)
    }
}

@Suite struct BackoffTests {
    @Test(arguments: [(0, 0), (1, 50), (2, 100), (3, 200), (4, 400), (5, 800), (6, 1_000), (7, 1_000), (1_000, 1_000)])
    func `the ceiling doubles up to a second`(failures: Int, milliseconds: Int) {
        #expect(Backoff.ceiling(failures: failures) == .milliseconds(milliseconds))
    }

    @Test func `the pause is spread over all of what is below the ceiling`() {
        var random = SplitMix64(seed: 42)
        let pauses = (0..<1_000).map { _ in Backoff.pause(failures: 6, using: &random) }
        #expect(pauses.allSatisfy { $0 >= .zero && $0 < .seconds(1) })
        #expect(pauses.contains { $0 < .milliseconds(100) } && pauses.contains { $0 > .milliseconds(900) })
    }
}
