import TestSupport
import Testing

@testable import BuildMemory

/// A machine of made-up processes that counts how often each is read.
private struct Machine {
    var processes: [Int32: ProcessStat] = [:]
    private(set) var reads: [Int32] = []

    init(_ processes: [ProcessStat]) { for process in processes { self.processes[process.pid] = process } }

    mutating func scan(_ tree: inout ProcessTree, hidden: Set<Int32> = []) -> Set<Int32> {
        var read: [Int32] = []
        let result = tree.update(pids: processes.keys.sorted()) { pid in
            read.append(pid)
            return hidden.contains(pid) ? nil : processes[pid]
        }
        reads = read
        return Set(result.map(\.pid))
    }

    func tree(adopter: Int32?) -> ProcessTree {
        ProcessTree(adopter: adopter, existing: processes.keys.sorted()) { processes[$0] }
    }
}

@Suite("The process tree")
struct ProcessTreeTests {
    private static let system = [process(1, parent: 0), process(2, parent: 0), process(50, parent: 1), process(60, parent: 50)]

    @Test("is the command and all that descends from it, whatever the order of pids")
    func descendants() {
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: nil)
        // 60 is this process; 30 got a pid below its parent's, as happens when the kernel begins again.
        for new in [process(70, parent: 60), process(71, parent: 70), process(30, parent: 71), process(72, parent: 50)] {
            machine.processes[new.pid] = new
        }
        tree.begin(command: 70)
        #expect(machine.scan(&tree) == [70, 71, 30])
    }

    @Test("reads what was seen to be foreign no second time")
    func economy() {
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: nil)
        machine.processes[70] = process(70, parent: 60)
        machine.processes[80] = process(80, parent: 1)
        tree.begin(command: 70)
        _ = machine.scan(&tree)
        #expect(Set(machine.reads) == [70, 80])
        _ = machine.scan(&tree)
        #expect(machine.reads == [70])
    }

    @Test("keeps a process whose parent has ended, adopted by the profiler or by init")
    func orphans() {
        for (adopter, newParent) in [(Int32(60), Int32(60)), (nil, 1)] {
            var machine = Machine(Self.system)
            var tree = machine.tree(adopter: adopter)
            for new in [process(70, parent: 60), process(71, parent: 70), process(72, parent: 71)] { machine.processes[new.pid] = new }
            tree.begin(command: 70)
            #expect(machine.scan(&tree) == [70, 71, 72])
            machine.processes[71] = nil
            machine.processes[72]?.parent = newParent
            machine.processes[73] = process(73, parent: 72)
            #expect(machine.scan(&tree) == [70, 72, 73])
        }
    }

    @Test("finds an orphan that it never saw with its parent, when the profiler adopts")
    func unseenOrphan() {
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: 60)
        machine.processes[70] = process(70, parent: 60)
        tree.begin(command: 70)
        #expect(machine.scan(&tree) == [70])
        machine.processes[75] = process(75, parent: 60)
        #expect(machine.scan(&tree) == [70, 75])
    }

    @Test("does not take the profiler's earlier children for the command's, nor the profiler itself, not even after a recheck")
    func strangers() {
        var machine = Machine(Self.system + [process(65, parent: 60)])
        var tree = machine.tree(adopter: 60)
        machine.processes[70] = process(70, parent: 60)
        tree.begin(command: 70)
        for _ in 0...ProcessTree.scansUntilRecheck { #expect(machine.scan(&tree) == [70]) }
    }

    @Test("asks again about a process whose parent ended between two readings")
    func undecided() {
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: 60)
        for new in [process(70, parent: 60), process(71, parent: 70), process(72, parent: 71)] { machine.processes[new.pid] = new }
        tree.begin(command: 70)
        #expect(machine.scan(&tree, hidden: [71]) == [70])
        machine.processes[71] = nil
        machine.processes[72]?.parent = 60
        #expect(machine.scan(&tree) == [70, 72])
    }

    @Test("knows a process by its start: a pid that is given out again is another process")
    func reusedPid() {
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: nil)
        for new in [process(70, parent: 60), process(71, parent: 70)] { machine.processes[new.pid] = new }
        tree.begin(command: 70)
        #expect(machine.scan(&tree) == [70, 71])
        machine.processes[71] = process(71, parent: 1, start: 9_999)
        #expect(machine.scan(&tree) == [70])

        // And the other way: a foreign pid that is free for one scan may come back as the command's.
        machine.processes[50] = nil
        _ = machine.scan(&tree)
        machine.processes[50] = process(50, parent: 70, start: 10_000)
        #expect(machine.scan(&tree) == [70, 50])
    }

    @Test("is the same as what a full search finds, on machines that change at random", arguments: 0..<20)
    func property(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        var machine = Machine(Self.system)
        var tree = machine.tree(adopter: 60)
        machine.processes[70] = process(70, parent: 60)
        tree.begin(command: 70)
        var inside: Set<Int32> = [70]
        var nextPid: Int32 = 100
        for _ in 0..<200 {
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                guard let parent = machine.processes.keys.sorted().randomElement(using: &generator), parent != 2 else { continue }
                // The profiler itself starts nothing but the command.
                guard parent != 60 else { continue }
                machine.processes[nextPid] = process(nextPid, parent: parent)
                if inside.contains(parent) { inside.insert(nextPid) }
                nextPid += 1
            }
            if Bool.random(using: &generator), let victim = machine.processes.keys.filter({ $0 > 70 }).sorted().randomElement(using: &generator) {
                machine.processes[victim] = nil
                // Orphans go to the nearest ancestor that adopts: the profiler inside the tree, init outside.
                for (pid, orphan) in machine.processes where orphan.parent == victim {
                    machine.processes[pid]?.parent = inside.contains(pid) ? 60 : 1
                }
                inside.remove(victim)
            }
            #expect(machine.scan(&tree) == inside)
        }
    }
}
