import NIOCore

/// Sends commands to the nodes that have their keys, and follows when those have changed.
///
/// What is sent again, and what never:
///
/// | what came back | what follows |
/// | --- | --- |
/// | `MOVED`, `ASK`, `TRYAGAIN`, `CLUSTERDOWN` | sent again within the deadline: the node did nothing |
/// | the connection went before the command was written | sent again within the deadline |
/// | the connection broke with the command in flight | `.connection`, retryable, ``RedisError/mayHaveExecuted``: the caller decides |
/// | any other reply | the caller's |
struct ClusterRouter: Sendable {
    let topology: ClusterTopology

    /// Sends one command. An error reply is thrown.
    func perform(_ command: RedisCommand, limit: TimeLimit) async throws -> RedisValue {
        let replies = try await perform([command], label: command.name, limit: limit)
        return try Reply.many(replies).single(of: command.name)
    }

    /// Sends commands, those of one node in one write, and returns the replies in order. Error replies stay in their place.
    func perform(_ commands: [RedisCommand], label: String, limit: TimeLimit) async throws -> [RedisValue] {
        var course = ClusterCourse(errands: try commands.map { try ClusterErrand($0) })
        while !course.open.isEmpty {
            course.begin()
            try await round(&course, label: label, limit: limit)
            guard course.needsPause, !course.open.isEmpty else { continue }
            guard course.pause.fits(limit) else {
                try course.giveUp(label: label, limit: limit)
                break
            }
            try await course.pause.rest(command: label)
        }
        return course.answers
    }

    /// Sends what is open to whom it concerns now. All answers are noted before an error is thrown: it says whether others were answered.
    private func round(_ course: inout ClusterCourse, label: String, limit: TimeLimit) async throws {
        var failure: (any Error)?
        do {
            let groups = try await groups(of: course, label: label, limit: limit)
            let results = await exchange(groups, label: label, limit: limit)
            for (group, result) in zip(groups, results) {
                if let error = note(result, of: group, in: &course), failure == nil { failure = error }
            }
        } catch {
            failure = error
        }
        guard let failure else { return }
        if let error = failure as? RedisError, course.hasAnswers { throw error.afterOthersWereAnswered }
        throw failure
    }

    /// Commands that go to one node together, in their order.
    private struct Group: Sendable {
        let node: ClusterNode
        var members: [Int]
        var errands: [ClusterErrand]
    }

    private func groups(of course: ClusterCourse, label: String, limit: TimeLimit) async throws -> [Group] {
        var groups: [Group] = []
        for index in course.open {
            let errand = course.errands[index]
            let node: ClusterNode
            if let detour = errand.detour {
                node = topology.node(at: detour)
            } else {
                node = try await topology.node(of: errand.slot, limit: limit, command: label)
            }
            if let place = groups.firstIndex(where: { $0.node.address == node.address }) {
                groups[place].members.append(index)
                groups[place].errands.append(errand)
            } else {
                groups.append(Group(node: node, members: [index], errands: [errand]))
            }
        }
        return groups
    }

    private func exchange(_ groups: [Group], label: String, limit: TimeLimit) async -> [Result<[RedisValue], RedisError>] {
        if groups.count == 1 { return [await exchange(groups[0], label: label, limit: limit)] }
        return await withTaskGroup(of: (Int, Result<[RedisValue], RedisError>).self) { tasks in
            for (place, group) in groups.enumerated() {
                tasks.addTask { (place, await exchange(group, label: label, limit: limit)) }
            }
            var results = [Result<[RedisValue], RedisError>](repeating: .success([]), count: groups.count)
            for await (place, result) in tasks { results[place] = result }
            return results
        }
    }

    private func exchange(_ group: Group, label: String, limit: TimeLimit) async -> Result<[RedisValue], RedisError> {
        // It waits for the node's connection; meanwhile the cluster may choose another node.
        if !group.node.connections.isUp { topology.wantMap() }
        let request = CommandRequest(group.errands, label: label, limit: limit)
        do {
            return .success(try await group.node.connections.pick().perform(request).replies(to: group.errands))
        } catch let error as RedisError {
            return .failure(error)
        } catch {
            return .failure(RedisError(.connection, "\(error)", command: label, mayHaveExecuted: true))
        }
    }

    /// Takes what came of a group. Returns the error that ends the call, if it is one.
    private func note(_ result: Result<[RedisValue], RedisError>, of group: Group, in course: inout ClusterCourse) -> RedisError? {
        switch result {
        case .success(let replies):
            for (index, reply) in zip(group.members, replies) {
                if case .moved(let slot, let address)? = course.replied(reply, to: index, from: group.node.address) {
                    topology.moved(slot, to: address)
                }
            }
            return nil
        case .failure(let error):
            topology.wantMap()
            guard error.code == .connection, !error.mayHaveExecuted, !topology.isStopped else { return error }
            for index in group.members { course.unsent(index) }
            return nil
        }
    }
}

extension CommandRequest {
    /// A request of commands for one node, each that an `ASK` sent there behind its `ASKING`.
    convenience init(_ errands: [ClusterErrand], label: String, limit: TimeLimit) {
        if errands.count == 1, errands[0].detour == nil {
            self.init(label: label, bytes: errands[0].bytes, commandCount: 1, deadline: limit.deadline, timeout: limit.duration)
            return
        }
        var bytes = ByteBufferAllocator().buffer(capacity: errands.reduce(0) { $0 + $1.bytes.readableBytes + 16 })
        var count = 0
        for errand in errands {
            if errand.detour != nil {
                Asking.append(to: &bytes)
                count += 1
            }
            bytes.writeImmutableBuffer(errand.bytes)
            count += 1
        }
        self.init(label: label, bytes: bytes, commandCount: count, deadline: limit.deadline, timeout: limit.duration)
    }
}

extension Reply {
    /// The replies to the commands themselves, those to `ASKING` left out.
    func replies(to errands: [ClusterErrand]) -> [RedisValue] {
        let all: [RedisValue] =
            switch self {
            case .one(let value): [value]
            case .many(let values): values
            }
        var result: [RedisValue] = []
        result.reserveCapacity(errands.count)
        var index = 0
        for errand in errands {
            if errand.detour != nil { index += 1 }
            if index < all.count { result.append(all[index]) }
            index += 1
        }
        return result
    }
}

extension RedisError {
    /// The same, where other commands of a pipeline were answered before it: repeating the whole would repeat those.
    fileprivate var afterOthersWereAnswered: RedisError {
        guard serverPrefix == nil else { return self }
        return RedisError(code, message, command: command, mayHaveExecuted: true)
    }
}
