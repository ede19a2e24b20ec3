#include "net/client/session.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace drydock::net {
namespace {

SessionKeeper::Deadline Soon() {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
}
SessionKeeper::Deadline Late() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

}  // namespace

TEST_CASE("the first unanswered write is the smallest that somebody still waits for") {
  const auto session = std::make_shared<Session>(5);
  CHECK(session->FirstUnanswered() == 1);
  auto first = std::make_unique<Session::Write>(session);
  auto second = std::make_unique<Session::Write>(session);
  auto third = std::make_unique<Session::Write>(session);
  CHECK(first->sequence() == 1);
  CHECK(third->sequence() == 3);
  CHECK(session->FirstUnanswered() == 1);
  second.reset();
  CHECK(session->FirstUnanswered() == 1);
  first.reset();
  CHECK(session->FirstUnanswered() == 3);
  third.reset();
  CHECK(session->FirstUnanswered() == 4);
}

TEST_CASE("many who need a session at once open one") {
  SessionKeeper keeper;
  std::atomic<int> opened = 0;
  const auto open = [&]() -> std::optional<std::uint64_t> {
    std::this_thread::yield();
    return 10 + ++opened;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { CHECK(keeper.Get(open, Late())->id() == 11); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 1);
}

TEST_CASE("when opening failed, the next one tries") {
  SessionKeeper keeper;
  CHECK(keeper.Get([] { return std::nullopt; }, Late()) == nullptr);
  CHECK(keeper.Get([] { return std::optional<std::uint64_t>(3); }, Late())->id() == 3);
}

TEST_CASE("who waits for another's session waits no longer than its own deadline") {
  SessionKeeper keeper;
  std::atomic<bool> opening = false;
  std::atomic<bool> go_on = false;
  std::thread slow([&] {
    const auto open = [&]() -> std::optional<std::uint64_t> {
      opening = true;
      opening.notify_all();
      go_on.wait(false);
      return 1;
    };
    CHECK(keeper.Get(open, Late())->id() == 1);
  });
  opening.wait(false);
  CHECK(keeper.Get([] { return std::optional<std::uint64_t>(2); }, Soon()) == nullptr);
  go_on = true;
  go_on.notify_all();
  slow.join();
}

TEST_CASE("a forgotten session is replaced once, however many forget it") {
  SessionKeeper keeper;
  std::uint64_t next = 1;
  const auto open = [&]() { return std::optional<std::uint64_t>(next++); };
  const std::shared_ptr<Session> first = keeper.Get(open, Late());
  keeper.Forget(*first);
  const std::shared_ptr<Session> second = keeper.Get(open, Late());
  CHECK(second->id() == 2);
  keeper.Forget(*first);
  CHECK(keeper.Get(open, Late()) == second);
}

}  // namespace drydock::net
