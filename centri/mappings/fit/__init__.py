"""Whether a mapping fits what the CRM and the PRM describe of their fields; asked before anything runs."""
