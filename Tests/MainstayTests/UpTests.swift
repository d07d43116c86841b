import Foundation
import CoreFoundation
import Inference
import TestSupport
import Testing
import Workspaces

@testable import mainstay

@Suite struct UpFolderTests {
    @Test("a process is recognised by the folder in its command line, and ended as an orphan when its supervisor is gone")
    func orphans() async throws {
        let folder = try UpFolder(try TestFolder.make("up"))
        // The beginning of its path is the whole of ours.
        let neighbour = try UpFolder(folder.path + "-neighbour")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "while :; do sleep 0.1; done", "sh", "--stack", neighbour.path]
        try process.run()
        defer { process.terminate() }
        try folder.publish(pid: process.processIdentifier, of: "serve")
        try neighbour.publish(pid: process.processIdentifier, of: "serve")
        try await eventually("the shell runs") { neighbour.running("serve") != nil }
        #expect(folder.running("serve") == nil)

        try await Orphans.end(in: folder)
        #expect(process.isRunning)
        try await Orphans.end(in: neighbour, patience: .seconds(10))
        #expect(neighbour.running("serve") == nil)
        #expect(!FileManager.default.fileExists(atPath: neighbour.pidFile("serve")))
    }

    @Test("orphans are whom pid files name, but for the servers and the supervisor")
    func names() {
        let files = ["work-2.pid", "serve.pid", "up.pid", "redis.pid", "run-log.pid", "postgres.pid", "ready", "serve.pid.new"]
        #expect(Orphans.names(of: files) == ["serve", "work-2"])
    }

    @Test("what is published is read back, and the variables are for their owner only")
    func files() throws {
        let folder = try UpFolder(try TestFolder.make("up"))
        #expect(!folder.isReady && folder.metricsPages.isEmpty)
        try folder.publishReady(["http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics"])
        #expect(folder.isReady)
        #expect(folder.metricsPages == ["http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics"])
        try folder.publish(environment: [("MAINSTAY_TOKEN", "secret"), ("MAINSTAY_URL", "http://127.0.0.1:8080")])
        #expect(folder.environment() == ["MAINSTAY_TOKEN": "secret", "MAINSTAY_URL": "http://127.0.0.1:8080"])
        var information = stat()
        #expect(stat(folder.environmentFile, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o600)
    }

    @Test("a folder that cannot be made is told with the system's reason and with what to do")
    func unusable() throws {
        let file = try TestFolder.make("up") + "/file"
        try "".write(toFile: file, atomically: false, encoding: .utf8)
        let error = #expect(throws: UpFault.self) { _ = try UpFolder(file) }
        #expect(error?.description.contains("Not a directory") == true)
        #expect(error?.description.contains("--folder") == true)
        #expect(throws: UpFault.self) { try WholeFile.put("text", at: file + "/below") }
    }
}

@Suite struct UpStartTests {
    @Test("children get the stack's variables, but no owner's password, no token and no inherited metrics port")
    func environment() {
        let own = ["PATH": "/bin", "MAINSTAY_METRICS_PORT": "9464", "MAINSTAY_TOKEN": "mine", "MAINSTAY_REDIS_URL": "redis://elsewhere"]
        let stack = [("MAINSTAY_REDIS_URL", "redis://here"), ("MAINSTAY_MIGRATION_URL", "secret"), ("MAINSTAY_TOKEN", "theirs")]
        #expect(UpStart.childEnvironment(own, stack) == ["PATH": "/bin", "MAINSTAY_REDIS_URL": "redis://here"])
    }

    @Test(
        "a stack keeps the key that it has, takes the one that it is given, and makes one else; all children get the same",
        arguments: [StackSetting.sealingKeys, .auditKey])
    func key(_ setting: StackSetting) throws {
        let name = setting.variable
        #expect(SettingsReference.all.contains { $0.variable == name && $0.isSecret })
        #expect(setting.chosen(earlier: [name: "a:1"], own: [name: "b:2"]) == "a:1")
        #expect(setting.chosen(earlier: [:], own: [name: "b:2"]) == "b:2")
        let (first, second) = (setting.chosen(earlier: [name: ""], own: [name: ""]), setting.chosen(earlier: [:], own: [:]))
        #expect(first != second && first.hasPrefix("up-"))
        let folder = try UpFolder(try TestFolder.make("up"))
        try folder.publish(environment: [(name, first)])
        #expect(folder.environment()[name] == first, "what base64 has in it is read back")
        #expect(UpStart.childEnvironment([name: second], [(name, first)]) == [name: first])
    }

    @Test("the keys that a stack makes are keys, and its core is a version, which whoever starts it may change")
    func made() throws {
        #expect(try SealingKeys(StackSetting.sealingKeys.make()).isEmpty == false)
        #expect(try AccessLogKeys(StackSetting.auditKey.make()).isEmpty == false)
        let core = StackSetting.coreVersion
        #expect(SemanticVersion(core.make()) != nil && SettingsReference.all.contains { $0.variable == core.variable })
        #expect(core.chosen(earlier: [core.variable: "1.0.0"], own: [core.variable: "2.0.0"]) == "2.0.0")
        #expect(core.chosen(earlier: [core.variable: "1.0.0"], own: [:]) == "1.0.0")
        #expect(Set(StackSetting.all.map(\.variable)).count == 3)
    }

    @Test("each worker has a metrics port of its own, the ingress none, and all name their folder")
    func children() throws {
        let folder = try UpFolder(try TestFolder.make("up"))
        let children = Supervisor.Child.all(of: folder, metricsPorts: [20_001, 20_002])
        #expect(children.map(\.name) == ["serve", "work-1", "work-2"])
        #expect(children.map { $0.environment["MAINSTAY_METRICS_PORT"] } == [nil, "20001", "20002"])
        #expect(children.allSatisfy { $0.arguments.suffix(2) == ["--stack", folder.path] })
    }

    @Test("a program that was written after the process began is newer; what cannot be told is not")
    func age() throws {
        let folder = try TestFolder.make("up")
        func write(_ name: String, _ time: Double) throws -> String {
            try "".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: "\(folder)/\(name)")
            return "\(folder)/\(name)"
        }
        let program = try write("program", 2000)
        #expect(BuildAge.isNewer(program, than: try write("before.pid", 1000)))
        #expect(!BuildAge.isNewer(program, than: try write("after.pid", 3000)))
        #expect(!BuildAge.isNewer(program, than: "\(folder)/nothing.pid"))
    }

    @Test("how a child ended is told by code or by signal")
    func endings() {
        let cases: [(status: Int32, text: String)] = [(0, "exit code 0"), (0x0700, "exit code 7"), (9, "signal 9"), (0x8f, "signal 15")]
        for (status, text) in cases { #expect("\(ChildEnding(status: status))" == text) }
    }

    @Test("the closing text names every page, and its lines are for a shell, whatever is in their paths")
    func closing() {
        let text = UpClosing(
            url: "http://127.0.0.1:8080", folder: "/a b/.mainstay", program: "/a b/.build/release", workers: ["http://127.0.0.1:20001/metrics"]
        ).text
        for line in [
            "http://127.0.0.1:20001/metrics", "set -a; . '/a b/.mainstay/env'; set +a", "export PATH='/a b/.build/release':\"$PATH\"",
            "(. '/a b/.mainstay/env'; curl -s -H \"Authorization: Bearer $MAINSTAY_TOKEN\"", "\"$MAINSTAY_URL/v1/tickets\")",
            "mainstay up --down --folder '/a b/.mainstay'",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }
}

@Suite struct DemoInputTests {
    private let input = DemoInput(
        characters: [], tickets: [], prompts: [.init(agent: "tide", prompt: "High or low?"), .init(agent: "guide", prompt: "Where?")], source: "")

    @Test("a question goes to the agent that it was written for, and to the first one where there is none such")
    func question() {
        let known = input.question(for: ["default/lint", "default/guide"])
        #expect(known.agent == "default/guide" && known.prompt == "Where?")
        let unknown = input.question(for: ["default/lint", "default/my-guide"])
        #expect(unknown.agent == "default/lint" && unknown.prompt.contains("In one sentence"))
        #expect(input.question(for: []).agent == nil)
    }
}
