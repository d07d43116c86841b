import Foundation
import Testing

@testable import Jobs

@Suite struct PartitionTests {
    @Test("workspaces are spread evenly over any number of partitions", arguments: [1, 2, 3, 4, 8, 16])
    func even(partitions: Int) {
        var configuration = JobsConfiguration()
        configuration.partitions = partitions
        var counts = [Int](repeating: 0, count: partitions)
        for _ in 0..<partitions * 1000 { counts[configuration.partition(of: .version7())] += 1 }
        // Seven standard deviations and more.
        #expect(counts.allSatisfy { (750...1250).contains($0) }, "\(counts)")
    }
}
