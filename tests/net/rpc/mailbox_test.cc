#include "net/rpc/mailbox.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace drydock::net {
namespace {

// A queue and the thread that drains it.
class Loop {
 public:
  Loop() : mailbox_(queue_), thread_([this] { Drain(); }) {}
  ~Loop() { End(); }

  Mailbox& mailbox() { return mailbox_; }
  std::thread::id thread() const { return thread_.get_id(); }
  void End() {
    if (!thread_.joinable()) return;
    mailbox_.Close();
    queue_.Shutdown();
    thread_.join();
  }

 private:
  void Drain() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  }

  grpc::CompletionQueue queue_;
  Mailbox mailbox_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("what several threads post runs on the loop's thread, once, in each one's order") {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  Loop loop;
  std::vector<std::vector<int>> seen(kThreads);
  std::atomic<int> elsewhere = 0;
  std::atomic<int> done = 0;
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kThreads; ++poster) {
    posters.emplace_back([&, poster] {
      for (int i = 0; i < kPosts; ++i) {
        loop.mailbox().Post([&, poster, i] {
          if (std::this_thread::get_id() != loop.thread()) ++elsewhere;
          seen[static_cast<std::size_t>(poster)].push_back(i);
          ++done;
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  while (done < kThreads * kPosts) std::this_thread::yield();
  loop.End();
  CHECK(elsewhere == 0);
  for (const std::vector<int>& of_one : seen) {
    REQUIRE(of_one.size() == kPosts);
    for (int i = 0; i < kPosts; ++i) REQUIRE(of_one[static_cast<std::size_t>(i)] == i);
  }
}

TEST_CASE("what runs may post more") {
  Loop loop;
  std::atomic<int> runs = 0;
  std::function<void()> again = [&] {
    if (++runs < 1000) loop.mailbox().Post(again);
  };
  loop.mailbox().Post(again);
  while (runs < 1000) std::this_thread::yield();
}

TEST_CASE("after Close nothing runs, and nothing is kept") {
  Loop loop;
  auto held = std::make_shared<int>(0);
  loop.mailbox().Close();
  loop.mailbox().Post([held] { ++*held; });
  CHECK(held.use_count() == 1);
  loop.End();
  loop.mailbox().Post([held] { ++*held; });
  CHECK(*held == 0);
}

TEST_CASE("a loop ends while others post") {
  for (int round = 0; round < 20; ++round) {
    Loop loop;
    std::atomic<bool> over = false;
    std::atomic<int> runs = 0;
    std::vector<std::thread> posters;
    for (int poster = 0; poster < 3; ++poster) {
      posters.emplace_back([&] {
        while (!over) loop.mailbox().Post([&] { ++runs; });
      });
    }
    while (runs == 0) std::this_thread::yield();
    loop.End();
    const int at_the_end = runs;
    over = true;
    for (std::thread& poster : posters) poster.join();
    CHECK(runs == at_the_end);
  }
}

TEST_CASE("what dies unrun in Close may itself post") {
  // The destructor of what was posted runs outside of the mailbox's lock.
  class PostsWhenItDies {
   public:
    explicit PostsWhenItDies(Mailbox& mailbox) : mailbox_(mailbox) {}
    ~PostsWhenItDies() {
      mailbox_.Post([] {});
    }

   private:
    Mailbox& mailbox_;
  };
  Loop loop;
  std::atomic<bool> entered = false;
  std::atomic<bool> go_on = false;
  loop.mailbox().Post([&] {
    entered = true;
    while (!go_on) std::this_thread::yield();
  });
  while (!entered) std::this_thread::yield();
  auto held = std::make_shared<PostsWhenItDies>(loop.mailbox());
  loop.mailbox().Post([held = std::move(held)] {});
  loop.mailbox().Close();
  go_on = true;
}

}  // namespace drydock::net
