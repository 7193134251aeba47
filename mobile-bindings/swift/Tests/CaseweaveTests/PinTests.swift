import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Pins {
        @Test("Ten wrong PINs lock, and the password opens again, online only")
        func lockedAndUnlocked() async throws {
            let scene = try await Scene(pin: "sesame 47")
            let (home, user) = (scene.home, scene.user)
            await scene.phone.close()
            #expect(try await home.asksForPin(user))
            for left in (0..<10).reversed() {
                let wrong = await problem { try await home.open(user, pin: "sesame 48") }
                #expect(wrong == (left == 0 ? .locked : .wrongPin(left: left)))
            }
            #expect(await problem { try await home.open(user, pin: "sesame 47") } == .locked)
            scene.area.cut()
            let signIn = scene.area.signIn("iona")
            #expect(await problem { try await home.unlock(user, with: signIn) } == .offline)
            try scene.area.serve()
            let stranger = SignIn(name: "iona", password: "not hers")
            #expect(await problem { try await home.unlock(user, with: stranger) } == .wrongSignIn)
            try scene.area.hire("ross")
            let other = scene.area.signIn("ross")
            #expect(await problem { try await home.unlock(user, with: other) } == .wrongSignIn)
            try await home.unlock(user, with: signIn)
            #expect(try await home.open(user, pin: "sesame 47").onlyHere() == 0)
        }

        @Test("A PIN is needed without a key store, is no weak one, and can be changed")
        func changed() async throws {
            let scene = try await Scene(pin: "sesame 47")
            let (home, user) = (scene.home, scene.user)
            try scene.area.hire("ross")
            let ross = try scene.area.enrolment("ross")
            #expect(await problem { try await home.enrol(ross) } == .pinNeeded)
            #expect(await problem { try await home.enrol(ross, pin: "123456") } == .weakPin)
            await scene.phone.close()
            try await home.changePin(of: user, from: "sesame 47", to: "other 85!")
            #expect(await problem { try await home.open(user, pin: "sesame 47") } == .wrongPin(left: 9))
            try await home.renewKey(of: user, pin: "other 85!")
            let again = try await home.open(user, pin: "other 85!")
            #expect(try await again.caseload().isEmpty)
            #expect(CaseweaveError.wrongPin(left: 9).localizedDescription.contains("9 tries"))
        }

        @Test("The key store's refusal, another phone's, and none at all are errors with a name")
        func keyStores() async throws {
            let scene = try await Scene()
            let (home, user) = (scene.home, scene.user)
            await scene.phone.close()
            #expect(try await home.asksForPin(user) == false)
            #expect(try await home.users() == [user])
            scene.keys?.isLocked.with { $0 = true }
            let locked = await problem { try await home.open(user) }
            #expect(locked == .keyStore(reason: "unlock your phone first"))
            let elsewhere = try CaseweaveHome(folder: scene.folder, keyStore: Keys())
            #expect(await problem { try await elsewhere.open(user) } == .wrongDevice)
            let without = try CaseweaveHome(folder: scene.folder)
            #expect(await problem { try await without.open(user) } == .pinNeeded)
            scene.keys?.isLocked.with { $0 = false }
            #expect(try await home.open(user).onlyHere() == 0)
        }
    }
}
