"""GraphQL queries and mutations of Shopify's Admin API, checked against its published schema.

`$query` carries the search filter of an incremental run, for example
`updated_at:>='2026-03-01T00:00:00Z' AND updated_at:<'2026-03-03T10:00:00Z'`.
Shopify ignores a filter it does not know and says so only in `extensions.search`.
"""

API_VERSION = "2026-10"

CUSTOMERS = """\
query Customers($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id
      firstName
      lastName
      createdAt
      updatedAt
      tags
      locale
      defaultEmailAddress {
        emailAddress
        marketingState
        marketingOptInLevel
        marketingUpdatedAt
      }
      defaultPhoneNumber {
        phoneNumber
      }
      birthday: metafield(namespace: "facts", key: "birth_date") {
        value
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

CUSTOMER_IDS = """\
query CustomerIds($first: Int!, $after: String) {
  customers(first: $first, after: $after) {
    nodes {
      id
      firstName
      lastName
      defaultEmailAddress {
        emailAddress
      }
      defaultPhoneNumber {
        phoneNumber
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

CONSENT = """\
query Consent($id: ID!) {
  customer(id: $id) {
    id
    defaultEmailAddress {
      marketingState
      marketingUpdatedAt
    }
  }
}
"""

UNSUBSCRIBE = """\
mutation Unsubscribe($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) {
    customer {
      id
      defaultEmailAddress {
        marketingState
        marketingUpdatedAt
      }
    }
    userErrors {
      field
      message
      code
    }
  }
}
"""

ORDERS = """\
query Orders($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id
      name
      createdAt
      processedAt
      updatedAt
      cancelledAt
      test
      sourceName
      displayFinancialStatus
      customer {
        id
      }
      currentTotalPriceSet {
        shopMoney {
          amount
          currencyCode
        }
      }
      lineItems(first: 50) {
        nodes {
          id
          title
          quantity
          currentQuantity
          sku
          product {
            id
          }
          discountedTotalSet {
            shopMoney {
              amount
            }
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

# Abandoned checkouts can be filtered by updated_at but not sorted by it.
ABANDONED_CHECKOUTS = """\
query AbandonedCheckouts($first: Int!, $after: String, $query: String) {
  abandonedCheckouts(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes {
      id
      name
      createdAt
      updatedAt
      completedAt
      abandonedCheckoutUrl
      customer {
        id
      }
      totalPriceSet {
        shopMoney {
          amount
          currencyCode
        }
      }
      lineItems(first: 250) {
        nodes {
          id
          title
          quantity
          image {
            url
          }
          product {
            id
          }
          discountedTotalPriceSet {
            shopMoney {
              amount
              currencyCode
            }
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

SHOP = """\
query WhoIsIt {
  shop {
    name
    currencyCode
    ianaTimezone
  }
}
"""

LATEST_CHECKOUTS = """\
query LastBaskets($first: Int!) {
  abandonedCheckouts(first: $first, sortKey: CREATED_AT, reverse: true) {
    nodes {
      id
    }
  }
}
"""


def reminders_query(checkout_count: int) -> str:
    """Return a query for the e-mail states of `checkout_count` checkouts, one field each."""
    names = ", ".join(f"$basket{position}: ID!" for position in range(checkout_count))
    fields = "".join(
        f"  basket{position}: "
        f"abandonmentByAbandonedCheckoutId(abandonedCheckoutId: $basket{position}) {{\n"
        "    emailState\n  }\n"
        for position in range(checkout_count)
    )
    return f"query Reminders({names}) {{\n{fields}}}\n"
