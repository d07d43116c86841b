import Testing

@testable import BuildMemory

@Suite("The control group")
struct ControlGroupTests {
    @Test("is found in version 2, with all that limit it from above")
    func version2() throws {
        let group = try #require(ControlGroup(membership: "0::/user.slice/job-7\n") { _ in true })
        #expect(group.folders == ["/sys/fs/cgroup/user.slice/job-7", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"])
        #expect(!group.isVersion1)
    }

    @Test("is the mount itself inside a container that shows the host's path")
    func container() throws {
        let group = try #require(ControlGroup(membership: "0::/kubepods/pod1/abc\n") { $0 == "/sys/fs/cgroup" })
        #expect(group.folders == ["/sys/fs/cgroup"])
        #expect(ControlGroup(membership: "0::/\n") { $0 == "/sys/fs/cgroup" }?.folders == ["/sys/fs/cgroup"])
    }

    @Test("is version 1's where that holds the memory controller")
    func version1() throws {
        let group = try #require(ControlGroup(membership: "4:cpu,memory:/ci/x\n1:cpu:/\n0::/\n") { _ in true })
        #expect(group.folders == ["/sys/fs/cgroup/memory/ci/x", "/sys/fs/cgroup/memory/ci", "/sys/fs/cgroup/memory"])
        #expect(group.isVersion1)
    }

    @Test("is none where there is none")
    func none() {
        #expect(ControlGroup(membership: "") { _ in true } == nil)
        #expect(ControlGroup(membership: "garbage\n1:cpu:/\n") { _ in true } == nil)
        #expect(ControlGroup(membership: "0::/\n") { _ in false } == nil)
    }

    @Test(
        "has a limit only when a number says so",
        arguments: [("max\n", nil), ("8589934592\n", 8_589_934_592), ("9223372036854771712\n", nil), ("", nil)])
    func limits(text: String, limit: Int?) {
        #expect(ControlGroup.limit(text) == limit)
    }

    @Test(
        "counts the kernel's kills",
        arguments: [
            ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n", 2), ("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", 7),
            ("oom 3\n", nil), ("oom_kill x\n", nil),
        ])
    func kills(text: String, count: Int?) {
        #expect(ControlGroup.count(text) == count)
    }

    @Test("makes a peak a lower bound for a kill in it, and for one elsewhere only when the command was killed")
    func censoring() {
        let none = ControlGroup.Kills(group: 0, machine: 4)
        let here = ControlGroup.Kills(group: 1, machine: 5)
        let elsewhere = ControlGroup.Kills(group: 0, machine: 5)
        let unknown = ControlGroup.Kills(group: nil, machine: nil)
        #expect(Censoring(before: none, after: here, exitCode: 2, signal: nil) == .oomKill)
        #expect(Censoring(before: none, after: here, exitCode: 137, signal: 9) == .oomKill)
        #expect(Censoring(before: none, after: elsewhere, exitCode: 137, signal: 9) == .oomKill)
        #expect(Censoring(before: none, after: elsewhere, exitCode: 1, signal: nil) == nil)
        #expect(Censoring(before: none, after: none, exitCode: 137, signal: 9) == .signal)
        #expect(Censoring(before: unknown, after: unknown, exitCode: 137, signal: nil) == .signal)
        #expect(Censoring(before: none, after: none, exitCode: 143, signal: 15) == .signal)
        #expect(Censoring(before: none, after: none, exitCode: 0, signal: nil) == nil)
        #expect(Censoring(before: none, after: none, exitCode: 1, signal: nil) == nil)
    }
}
