import ArgumentParser
import Foundation
import Workspaces

extension AgentCommand {
    /// Reads the files here, before anything is sent: what is wrong with a file is told by its own place, and its secrets
    /// never leave this machine.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import character files (v0, v1, v2), or folders of them.",
            discussion: """
                Secrets in a file are left out, and their places are told. A file that says what the agent's newest version says changes \
                nothing; another one is its next version.

                EXIT CODES
                  0 all imported   1 some failed   64 misuse
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Character files; of folders all files in and below them, but for names that begin with a dot.") var files: [String]
        @Option(help: "The agent's name in addresses, for a single file; made of the file's own otherwise.") var name: String?
        @Option(help: "What is new in this version.") var changelog: String?
        @Flag(help: "Publish each agent that was imported.") var publish = false

        func validate() throws {
            guard !files.isEmpty else { throw ValidationError("name at least one file") }
            guard let name else { return }
            guard files.count == 1 else { throw ValidationError("--name is for a single file") }
            guard AgentName(name) != nil else {
                throw ValidationError("\"\(name)\" is no name for an agent: lower-case letters, digits, single hyphens")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let paths = CharacterFiles.paths(files)
            guard !paths.isEmpty else { throw ValidationError("there is no file in \(files.joined(separator: ", ")) that could be imported") }
            guard name == nil || paths.count == 1 else { throw ValidationError("--name is for a single file") }
            var table = Table("file", "result", "agent", "#version", "shape", "#stripped", "detail")
            var results: [String] = []
            for (number, path) in paths.enumerated() {
                let row = try await one(path, client: client)
                results.append(row.result)
                if paths.count > 1 { Talk.say("[\(number + 1)/\(paths.count)] \(path): \(row.result)\(row.detail.map { ", \($0)" } ?? "")") }
                table.rows.append([path, row.result, row.agent, row.version.map(String.init), row.shape, row.stripped.map(String.init), row.detail])
            }
            output.print(table)
            if paths.count > 1 { Talk.say(Self.summary(of: results)) }
            if results.contains("failed") { throw ExitCode.failure }
        }

        /// `40 files: 12 created, 26 unchanged, 2 failed`.
        static func summary(of results: [String]) -> String {
            let counts = ["created", "updated", "unchanged", "failed"].compactMap { result -> String? in
                let count = results.count(where: { $0 == result })
                return count == 0 ? nil : "\(count) \(result)"
            }
            return "\(results.count) files: \(counts.joined(separator: ", "))"
        }

        /// What the ingress answers.
        private struct ImportedItem: Decodable {
            let id: String
            let owner: String
            let name: String
            let version: Int
            /// `created`, `updated` or `unchanged`.
            let change: String
        }

        /// What became of one file.
        private struct Row {
            var result: String
            var agent: String?
            var version: Int?
            var shape: String?
            var stripped: Int?
            var detail: String?
        }

        /// - Throws: what will meet every other file as well: no connection, no valid token.
        private func one(_ path: String, client: APIClient) async throws -> Row {
            var row = Row(result: "failed")
            do {
                let file = try CharacterFiles.read(path)
                row.shape = file.shape.rawValue
                row.stripped = file.strippedSecrets.count
                for place in file.strippedSecrets { Talk.say("\(path): left out \(place)") }
                let findings = KeyScanner.findings(in: file.document)
                for finding in findings { Talk.say("\(path): \(finding); it cannot be published so") }
                let data = try await client.raw(.post, "/v1/agents\(query)", body: Data(file.document.canonicalBytes))
                let answer = try APIClient.decoder.decode(ImportedItem.self, from: data)
                row.agent = "\(answer.owner)/\(answer.name)"
                row.version = answer.version
                if publish { _ = try await client.raw(.post, "/v1/agents/\(answer.id)/publish") }
                row.result = answer.change
                row.detail = publish ? "published" : nil
            } catch let error as CharacterFileError {
                row.detail = error.description
            } catch let error as CharacterFiles.Unreadable {
                row.detail = error.description
            } catch let error as APIClient.Failure where error.status != 401 && error.status != 403 {
                row.detail = row.agent == nil ? error.description : "imported, not published: \(error)"
            }
            return row
        }

        private var query: String {
            var components = URLComponents()
            components.queryItems = [("name", name), ("changelog", changelog)].compactMap { name, value in
                value.map { URLQueryItem(name: name, value: $0) }
            }
            return components.queryItems?.isEmpty == false ? "?" + (components.percentEncodedQuery ?? "").replacing("+", with: "%2B") : ""
        }
    }
}

/// Character files on disk.
enum CharacterFiles {
    /// A file that cannot be read at all.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The files themselves, and those in folders and in the folders below them: by name, a folder's files where the folder stands.
    /// What begins with a dot is passed over, and so is a link to a folder, which may lead back to where it stands.
    static func paths(_ given: [String]) -> [String] {
        given.flatMap { isFolder($0) ? inside($0) : [$0] }
    }

    private static func inside(_ folder: String) -> [String] {
        // One that cannot be listed is kept: reading it tells so.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [folder] }
        return names.filter { !$0.hasPrefix(".") }.sorted().flatMap { name -> [String] in
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            guard isFolder(path) else { return [path] }
            return isLink(path) ? [] : inside(path)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    /// - Throws: ``Unreadable``, `CharacterFileError`.
    static func read(_ path: String) throws -> CharacterFile {
        let limit = AgentRoutes.bodyLimit
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "there is no such file"
            throw Unreadable(description: reason)
        }
        guard data.count <= limit else { throw Unreadable(description: "is larger than \(limit / 1024 / 1024) MiB") }
        return try CharacterFile(Array(data))
    }
}
