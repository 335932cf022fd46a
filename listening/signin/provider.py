"""Where allauth looks for the classes of providers."""

from listening.signin.oidc import CityProvider

provider_classes = [CityProvider]
