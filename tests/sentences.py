"""The sentences about wrong inputs that users read most often, as the tests expect them."""

NO_ARN = "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/name"
NO_ID = (
    "must be the id of an environment account connection: 8-4-4-4-12 lower-case hexadecimal digits, such as "
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 (the part of its ARN after the last /)"
)
NO_NAME = "must be the name of an environment: letters, digits, - and _, the first a letter or a digit"
A_NUMBER = "must be an account id, as a string (quote it: a number loses its leading zeros); this is a number"
