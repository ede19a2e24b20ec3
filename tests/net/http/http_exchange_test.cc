#include "net/http/http_exchange.h"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>

namespace drydock::net {
namespace {

HttpHandlers Pages() {
  return {{"/", [] { return HttpAnswer{.body = "home\n"}; }},
          {"/ill", [] { return HttpAnswer{.status = 503, .body = "why\n"}; }},
          {"/throws", []() -> HttpAnswer { throw std::runtime_error("secret"); }},
          {"/long", [] { return HttpAnswer{.body = std::string(100000, 'x')}; }}};
}

class Site {
 public:
  std::string Ask(const std::string& request) { return exchange_.Answer(request); }
  std::string Get(const std::string& path, const std::string& headers = "") {
    return Ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
  }

 private:
  HttpExchange exchange_{Pages()};
};

int StatusOf(const std::string& answer) {
  REQUIRE(answer.starts_with("HTTP/1.1 "));
  return std::stoi(answer.substr(9, 3));
}
std::string BodyOf(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return answer.substr(end + 4);
}
bool Has(const std::string& answer, const std::string& part) {
  return answer.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("exchange: a page is answered with its status, type, length, and the word to close") {
  Site site;
  const std::string answer = site.Get("/");
  CHECK(StatusOf(answer) == 200);
  CHECK(BodyOf(answer) == "home\n");
  CHECK(Has(answer, "Connection: close\r\n"));
  CHECK(Has(answer, "Content-Length: 5\r\n"));
  CHECK(Has(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK(StatusOf(site.Get("/ill")) == 503);
  CHECK(BodyOf(site.Get("/ill")) == "why\n");
  CHECK(BodyOf(site.Get("/?a=b&c=%20")) == "home\n");
  CHECK(StatusOf(site.Ask("GET / HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("exchange: HEAD is answered like GET, without the body") {
  Site site;
  const std::string answer = site.Ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(StatusOf(answer) == 200);
  CHECK(BodyOf(answer).empty());
  CHECK(Has(answer, "Content-Length: 5\r\n"));
}

TEST_CASE("exchange: other paths are 404 and other methods 405, without reading their bodies") {
  Site site;
  CHECK(StatusOf(site.Get("/nothing")) == 404);
  CHECK(StatusOf(site.Get("/../../etc/passwd")) == 404);
  CHECK(StatusOf(site.Get("//")) == 404);
  CHECK(StatusOf(site.Get("/%00")) == 404);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    const std::string answer = site.Ask(std::string(method) +
                                        " / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
                                        "Content-Encoding: gzip\r\nExpect: 100-continue\r\n\r\n");
    CHECK(StatusOf(answer) == 405);
    CHECK(Has(answer, "Allow: GET, HEAD\r\n"));
  }
}

TEST_CASE("exchange: a page that throws is 500, and tells no stranger why") {
  Site site;
  const std::string answer = site.Get("/throws");
  CHECK(StatusOf(answer) == 500);
  CHECK_FALSE(Has(answer, "secret"));
}

TEST_CASE("exchange: what is no HTTP is 400") {
  Site site;
  for (const std::string& request :
       {std::string(), std::string("\0\0\0", 3), std::string("\x16\x03\x01\x02"),
        std::string("GET"), std::string("GET / HTTP/2.0\r\n\r\n"),
        std::string("GET / HTTP/1.1\n\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string("get / HTTP/1.1\r\n\r\n"), std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
        std::string("\r\n\r\n"), std::string(4000, 'A')}) {
    CHECK(StatusOf(site.Ask(request)) == 400);
  }
}

TEST_CASE("exchange: a head that is too long is 431") {
  Site site;
  CHECK(StatusOf(site.Get("/", "X: " + std::string(20000, 'x') + "\r\n")) == 431);
  CHECK(StatusOf(site.Get("/" + std::string(20000, 'x'))) == 431);
  std::string many;
  while (many.size() < 20000) many += "A: b\r\n";
  CHECK(StatusOf(site.Get("/", many)) == 431);
  // As long as may be, with a body behind it that nobody reads.
  std::string longest = "GET / HTTP/1.1\r\nX: ";
  longest += std::string(kMaxHttpHead - longest.size() - 4, 'x') + "\r\n\r\n";
  CHECK(StatusOf(site.Ask(longest)) == 200);
  CHECK(StatusOf(site.Ask(longest + std::string(100000, 'y'))) == 200);
}

TEST_CASE("exchange: no header makes the answer larger than the page, or another one") {
  Site site;
  std::string ranges = "Range: bytes=0-";
  while (ranges.size() < 8000) ranges += ",0-";
  std::string digits = "Range: bytes=" + std::string(7000, '9') + "-";
  for (const std::string& header :
       {ranges, digits, std::string("Range: bytes=0-99"), std::string("Accept-Encoding: br, gzip"),
        std::string("Expect: 100-continue"), std::string("Transfer-Encoding: chunked"),
        std::string("Content-Length: -1"), std::string("Connection: keep-alive")}) {
    const std::string answer = site.Get("/long", header + "\r\n");
    const int status = StatusOf(answer);
    CHECK_MESSAGE((status == 200 || status == 416), header.substr(0, 40));
    CHECK(answer.size() < 101000);
    CHECK(Has(answer, "Connection: close\r\n"));
    if (status == 200) CHECK(BodyOf(answer).size() == 100000);
  }
}

TEST_CASE("exchange: random bytes and damaged requests get an answer, each") {
  Site site;
  std::mt19937 random(7);
  const std::string good = "GET /long?x=%41 HTTP/1.1\r\nHost: a:1\r\nRange: bytes=1-2\r\n\r\n";
  for (int i = 0; i < 20000; ++i) {
    std::string request = good;
    if (i % 4 == 0) request.resize(random() % good.size());
    for (auto changes = random() % 5; changes > 0 && !request.empty(); --changes) {
      request[random() % request.size()] = static_cast<char>(random());
    }
    CHECK(site.Ask(request).starts_with("HTTP/1.1 "));
  }
}

TEST_CASE("exchange: a head is complete at its empty line, or when it can be none") {
  CHECK_FALSE(IsHttpHeadComplete(""));
  CHECK_FALSE(IsHttpHeadComplete("GET / HTTP/1.1\r\n"));
  CHECK_FALSE(IsHttpHeadComplete("GET / HTTP/1.1\r\nHost: a\r\n"));
  CHECK(IsHttpHeadComplete("GET / HTTP/1.1\r\n\r\n"));
  CHECK(IsHttpHeadComplete("GET / HTTP/1.1\n\n"));
  CHECK(IsHttpHeadComplete("\x16\x03"));
  CHECK(IsHttpHeadComplete("\r"));
}

}  // namespace drydock::net
