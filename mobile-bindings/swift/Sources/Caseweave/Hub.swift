import CaseweaveGenerated

/// What is told to everybody who listens at the moment.
final class Hub<Element: Sendable>: Sendable {
    private typealias Ear = AsyncStream<Element>.Continuation

    private struct Ears {
        var all: [UInt64: Ear] = [:]
        var next: UInt64 = 0
        var isOver = false
    }

    private let ears = Locked(Ears())

    /// How many listen.
    var count: Int { ears.with { $0.all.count } }

    /// What is told from now on. It ends with `finish`; whoever stops reading is forgotten.
    func stream(_ buffered: AsyncStream<Element>.Continuation.BufferingPolicy) -> AsyncStream<Element> {
        AsyncStream(bufferingPolicy: buffered) { ear in
            guard let id = add(ear) else { return ear.finish() }
            ear.onTermination = { [weak self] _ in self?.remove(id) }
        }
    }

    func tell(_ element: Element) {
        for ear in ears.with({ Array($0.all.values) }) { ear.yield(element) }
    }

    func finish() {
        let left = ears.with { ears in
            ears.isOver = true
            defer { ears.all = [:] }
            return Array(ears.all.values)
        }
        // Outside the lock: each calls back to be forgotten.
        for ear in left { ear.finish() }
    }

    private func add(_ ear: Ear) -> UInt64? {
        ears.with { ears in
            guard !ears.isOver else { return nil }
            ears.next += 1
            ears.all[ears.next] = ear
            return ears.next
        }
    }

    private func remove(_ id: UInt64) {
        _ = ears.with { $0.all.removeValue(forKey: id) }
    }
}

/// Passes on which cases changed. The phone keeps it, and it knows no phone.
final class ChangeEar: ChangeListener {
    let hub = Hub<Set<String>>()

    func changed(caseIds: [String]) {
        hub.tell(Set(caseIds))
    }
}

/// Passes on how far an exchange is.
final class ProgressEar: SyncWatcher {
    let hub = Hub<SyncProgress>()

    func progress(progress: SyncProgress) {
        hub.tell(progress)
    }
}
