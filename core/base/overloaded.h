// A visitor made of lambdas: std::visit(Overloaded{[](A) {...}, [](B) {...}}, variant).
#pragma once

namespace drydock {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace drydock
